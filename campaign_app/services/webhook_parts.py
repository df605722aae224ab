"""What a webhook says takes effect here: as a whole, or part by part where one part breaks it."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError

from campaign_app.extensions import db
from campaign_app.services.account_webhooks import apply_others
from campaign_app.services.consent_webhooks import apply_consent
from campaign_app.services.replies import apply_replies
from campaign_app.services.status_updates import apply_statuses
from campaign_app.whatsapp.webhook_elements import ParsedWebhook

log = logging.getLogger(__name__)


def apply_parsed(parsed: Sequence[ParsedWebhook], arrivals: Sequence[datetime], now: datetime) -> None:
    """Apply everything in these bodies. arrivals: when each came. The caller commits."""
    apply_consent(parsed, now)  # before anything else: whoever said stop must not be written to
    apply_others(parsed, now)
    statuses = [status for webhook in parsed for status in webhook.statuses]
    arrived = [at for webhook, at in zip(parsed, arrivals, strict=True) for _ in range(len(webhook.statuses))]
    apply_statuses(statuses, now, arrived)
    apply_replies([message for webhook in parsed for message in webhook.messages], now)


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
