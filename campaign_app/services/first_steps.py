"""What a new installation still lacks before its first campaign can be sent."""

from dataclasses import dataclass

from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.account_state import AccountState
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.overview import Figures


@dataclass(frozen=True)
class FirstSteps:
    number_connected: bool
    webhook_seen: bool
    templates_synced: bool
    customers_imported: bool
    first_message_sent: bool

    @property
    def is_done(self) -> bool:
        """A message that was delivered proves the others too: its webhook came, though it may be deleted by now."""
        return self.first_message_sent and self.customers_imported

    @property
    def done(self) -> int:
        return sum(vars(self).values())


def first_steps(account: AccountState, figures: Figures) -> FirstSteps:
    return FirstSteps(
        number_connected=_is_connected(account.number),
        webhook_seen=account.webhook_at is not None or figures.has_deliveries,
        templates_synced=account.number.templates_synced_at is not None,
        customers_imported=figures.has_customers,
        first_message_sent=figures.has_deliveries,
    )


def _is_connected(number: SendingNumber) -> bool:
    return not missing_settings() and number.checked_at is not None and number.check_error is None
