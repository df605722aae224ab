"""What WhatsApp says about our number: how many customers it may write to, and how they rate it."""

from datetime import datetime, timedelta

from campaign_app.domain.messaging_limit import UNLIMITED, parse_limit
from campaign_app.services.account_notices import note, settle
from campaign_app.services.number import UNLIMITED_IN_DATABASE, change_number, learn_number, sending_number

CUT_TO_SECONDS = timedelta(seconds=1)
SHOWN_FOR = timedelta(days=30)


def reported_limit(value: dict, at: datetime, now: datetime) -> None:
    """Source: Meta, "business_capability_update"; before v24 it named the limit after the phone."""
    limit = parse_limit(value.get("max_daily_conversations_per_business"))
    if limit is None:
        limit = parse_limit(value.get("max_daily_conversation_per_phone"))
    number = sending_number()
    if limit is None or _is_overtaken(at, number.limit_said_at, number.checked_at):
        return
    facts = {"messaging_limit": UNLIMITED_IN_DATABASE if limit == UNLIMITED else limit, "limit_said_at": at}
    learn_number(facts, now)


def number_quality(value: dict, at: datetime, now: datetime) -> None:
    """How customers rate the number. Low quality is a warning: WhatsApp lowers the limit, or restricts the number, next."""
    number = sending_number()
    named, ours = _digits(value.get("display_phone_number")), _digits(number.display_phone_number)
    if named and ours and named != ours:
        return
    reported_limit(value, at, now)
    event = _word(value.get("event"))
    if _is_overtaken(at, number.quality_said_at, number.checked_at):
        return
    if event == "THROUGHPUT_UPGRADE":
        change_number(throughput_level="HIGH", quality_said_at=at)
    elif event == "FLAGGED":
        change_number(quality_rating="RED", quality_said_at=at)
        note(
            "number:quality",
            "WhatsApp rates the quality of the number low: many people block or report its messages. Send less, and only to"
            " people who expect it, or WhatsApp will lower the limit.",
            True,
            at,
            at + SHOWN_FOR,
        )
    elif event == "UNFLAGGED":
        change_number(
            quality_rating=None, quality_said_at=at
        )  # which one it is, the next look at the number says
        settle("number:quality", at)
    elif event == "DOWNGRADE":
        note(
            "number:limit",
            "WhatsApp has lowered how many customers may be written to in 24 hours. Campaigns keep to it and take longer.",
            False,
            at,
            at + SHOWN_FOR,
        )
    elif event == "UPGRADE":
        settle("number:limit", at)


def _is_overtaken(at: datetime, *known: datetime | None) -> bool:
    """Whether WhatsApp has said something later already, by another webhook or when it was asked."""
    return any(moment is not None and at + CUT_TO_SECONDS <= moment for moment in known)


def _word(value: object) -> str:
    return value.strip().upper()[:80] if isinstance(value, str) else ""


def _digits(value: object) -> str:
    return "".join(sign for sign in str(value or "") if sign.isdigit())
