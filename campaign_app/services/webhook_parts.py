"""What a webhook says takes effect here: as a whole, or part by part where one part breaks it."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.account_webhooks import apply_others
from campaign_app.services.consent_webhooks import apply_consent
from campaign_app.services.counters import lock_campaigns
from campaign_app.services.driver_rows import is_sqlite
from campaign_app.services.replies import answered_campaigns, apply_replies
from campaign_app.services.status_updates import apply_statuses, campaigns_of
from campaign_app.whatsapp.webhook_elements import InboundMessage, ParsedWebhook, StatusUpdate

log = logging.getLogger(__name__)


def apply_parsed(parsed: Sequence[ParsedWebhook], arrivals: Sequence[datetime], now: datetime) -> None:
    """Apply everything in these bodies. arrivals: when each came. The caller commits."""
    statuses = [status for webhook in parsed for status in webhook.statuses]
    messages = [message for webhook in parsed for message in webhook.messages]
    is_mixed = bool(messages) or any(webhook.others for webhook in parsed)
    if is_mixed and not is_sqlite():
        _lock_campaigns(parsed, statuses, messages)
    apply_consent(parsed, now)  # before anything else takes effect: whoever said stop must not be written to
    apply_others(parsed, now)
    arrived = [at for webhook, at in zip(parsed, arrivals, strict=True) for _ in range(len(webhook.statuses))]
    apply_statuses(statuses, now, arrived)
    apply_replies(messages, now)


def _lock_campaigns(
    parsed: Sequence[ParsedWebhook], statuses: Sequence[StatusUpdate], messages: Sequence[InboundMessage]
) -> None:
    """All that may be touched, at once: who took one later, with another in hand, could wait for the sender in a circle."""
    found = campaigns_of(statuses) | answered_campaigns(messages)
    if any(webhook.others for webhook in parsed):  # they may pause what is sent
        found |= set(db.session.scalars(select(Campaign.id).where(Campaign.status == CampaignStatus.ACTIVE)))
    lock_campaigns(found)


def apply_in_parts(parsed: ParsedWebhook, received_at: datetime, now: datetime) -> list[str]:
    """Apply what can be applied of a body that breaks as a whole; the reasons why the rest cannot, a line each.

    Halves what breaks until the bad parts are alone: of a thousand with one bad part few are applied twice over, each time
    inside a savepoint. The caller commits. Raises OperationalError and InterfaceError: then nothing is wrong with the body.
    """
    return _apply_or_halve(list(_parts(parsed)), received_at, now)


def _apply_or_halve(
    parts: list[tuple[str, ParsedWebhook]], received_at: datetime, now: datetime
) -> list[str]:
    try:
        with db.session.begin_nested():
            apply_parsed([part for _, part in parts], [received_at] * len(parts), now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(parts) == 1:
            log.exception("A part of a webhook is set aside: %s", parts[0][0])
            return [f"{parts[0][0]}: It could not be applied: {type(error).__name__}"]
        half = len(parts) // 2
        return [
            reason
            for some in (parts[:half], parts[half:])
            for reason in _apply_or_halve(some, received_at, now)
        ]
    return []


def _parts(parsed: ParsedWebhook) -> Iterator[tuple[str, ParsedWebhook]]:
    """Each element as a body of its own, with its name for people."""
    for place, preference in enumerate(parsed.preferences):
        yield f"user_preferences[{place}]", ParsedWebhook(preferences=[preference])
    for place, message in enumerate(parsed.messages):
        yield f"messages[{place}] ({message.wamid})", ParsedWebhook(messages=[message])
    for change in parsed.others:
        yield change.field, ParsedWebhook(others=[change])
    for place, status in enumerate(parsed.statuses):
        name = f"statuses[{place}] ({status.status.value} of {status.wamid})"
        yield name, ParsedWebhook(statuses=[status])
