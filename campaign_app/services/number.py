"""The number that sends: its row, stopping and resuming it, and asking for a processing run."""

from datetime import datetime

from flask import current_app
from sqlalchemy import func, select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.messaging_limit import effective
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services import audit
from campaign_app.services.counters import insert_for
from campaign_app.whatsapp.client import CloudApi, CloudApiError

UNSET = "unset"  # the row of an installation whose WHATSAPP_PHONE_NUMBER_ID is not set
UNLIMITED_IN_DATABASE = -1


def number_id() -> str:
    return current_app.config["SETTINGS"].whatsapp_phone_number_id or UNSET


def sending_number() -> SendingNumber:
    """The number's row, or a new one that the database does not hold yet."""
    return db.session.get(SendingNumber, number_id()) or SendingNumber(phone_number_id=number_id())


def change_number(**values) -> None:
    """Set columns of the number's row, which is made where there is none."""
    statement = insert_for(SendingNumber.__table__).values(phone_number_id=number_id(), **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["phone_number_id"], set_=values))
    db.session.expire_all()


def messaging_limit(number: SendingNumber) -> int | None:
    """Customers in a moving 24 h: the smaller of what is set and what WhatsApp reports; None is unlimited."""
    reported = "unlimited" if number.messaging_limit == UNLIMITED_IN_DATABASE else number.messaging_limit
    return effective(current_app.config["SETTINGS"].messaging_limit, reported)


def request_run(now: datetime) -> int:
    """Ask the sender for a processing run now. Returns how many campaigns are due."""
    change_number(run_requested_at=now)
    due = select(func.count()).select_from(Campaign).where(
        Campaign.status == CampaignStatus.ACTIVE,
        Campaign.messages_pending > 0,
        (Campaign.scheduled_start_date.is_(None)) | (Campaign.scheduled_start_date <= now),
    )  # fmt: skip
    return db.session.scalar(due)


def stop_number(code: int | None, reason: str, now: datetime) -> None:
    """Stop every campaign: WhatsApp refused for a reason that concerns the whole account or number."""
    change_number(stopped_at=now, stopped_code=code, stopped_reason=reason)
    audit.record("the app", "number.stopped", "number", number_id(), {"code": code, "reason": reason}, now)


def resume_number(actor: str, now: datetime) -> None:
    """Let the number send again, and look at once what is due."""
    change_number(
        stopped_at=None,
        stopped_code=None,
        stopped_reason=None,
        failing_since=None,
        next_probe_at=None,
        run_requested_at=now,
    )
    audit.record(actor, "number.resumed", "number", number_id(), None, now)


def learn_number(facts: dict, now: datetime) -> None:
    """Store what WhatsApp says about the number. A limit that has changed holds at once: what waited for it is looked at now.

    The caller commits.
    """
    changed = "messaging_limit" in facts and facts["messaging_limit"] != sending_number().messaging_limit
    change_number(**facts, **({"limit_frees_at": None, "run_requested_at": now} if changed else {}))


def read_number(api: CloudApi) -> dict:
    """Ask the Cloud API for the number's facts: columns for `learn_number`. Talks to the network: no transaction may be open."""
    try:
        facts = api.phone_number()
    except CloudApiError as error:
        return {"check_error": str(error)}
    limit = UNLIMITED_IN_DATABASE if facts.messaging_limit == "unlimited" else facts.messaging_limit
    return {
        "display_phone_number": facts.display_phone_number,
        "verified_name": facts.verified_name,
        "quality_rating": facts.quality_rating,
        "throughput_level": facts.throughput_level,
        "messaging_limit": limit,
        "check_error": None,
    }


def drop_stop(now: datetime, reason: str) -> None:
    """End a stop because WhatsApp answers well again."""
    stopped = update(SendingNumber).where(
        SendingNumber.phone_number_id == number_id(), SendingNumber.stopped_at.is_not(None)
    )
    if db.session.execute(
        stopped.values(stopped_at=None, stopped_code=None, stopped_reason=None, run_requested_at=now)
    ).rowcount:
        audit.record("the app", "number.resumed", "number", number_id(), {"reason": reason}, now)
