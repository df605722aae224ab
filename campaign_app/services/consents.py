"""The history of consent and of messages of one person: what was said, by whom and when; what was sent and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.ids import new_ids
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.consent_event import ConsentEvent
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.services.many_rows import insert_many


@dataclass(frozen=True)
class ConsentEntry:
    """`deed`: yes or no (an answer), stopped or lifted (an opt-out of `kind`). `note` says where it comes from, or why."""

    at: datetime
    deed: str
    kind: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class SentMessage:
    """What a campaign had for a person; `at` is the time of its state."""

    recipient: Recipient
    campaign_id: UUID
    campaign_name: str
    at: datetime


def record_consents(answers: Iterable[tuple[str, bool, str | None]], now: datetime) -> None:
    """Add answers to the history: (phone number, answer, where it comes from). The caller commits."""
    said = list(answers)
    rows = [
        (new_id, number, answer, source and source[:200])
        for new_id, (number, answer, source) in zip(new_ids(len(said)), said, strict=True)
    ]
    if rows:
        columns = ("id", "phone_number", "opted_in", "source")
        insert_many(ConsentEvent.__table__, columns, rows, {"at": now})


def consent_history(phone_number: str) -> list[ConsentEntry]:
    """All answers and opt-outs of a number, the latest first."""
    entries = [
        ConsentEntry(event.at, "yes" if event.opted_in else "no", None, event.source)
        for event in db.session.scalars(select(ConsentEvent).where(ConsentEvent.phone_number == phone_number))
    ]
    for one in db.session.scalars(select(OptOut).where(OptOut.phone_number == phone_number)):
        note = " · ".join(part for part in (one.reason, one.recorded_by) if part)
        entries.append(ConsentEntry(one.opted_out_at, "stopped", one.kind, note or None))
        if one.lifted_at is not None:
            entries.append(ConsentEntry(one.lifted_at, "lifted", one.kind))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def messages_to(phone_number: str, most: int) -> list[SentMessage]:
    """What the campaigns had for a number, the latest first."""
    # served by ix_campaign_recipients_phone_number
    found = (
        select(Recipient, Campaign.name)
        .join(Campaign, Campaign.id == Recipient.campaign_id)
        .where(Recipient.phone_number == phone_number, Campaign.launched_at.is_not(None))
        .order_by(Recipient.created_at.desc(), Recipient.id.desc())
        .limit(most)
    )
    return [
        SentMessage(
            person,
            person.campaign_id,
            name,
            person.failed_at or person.read_at or person.delivered_at or person.sent_at or person.updated_at,
        )
        for person, name in db.session.execute(found)
    ]
