"""A batch of attempts (messages) with their recipients: read, changed and saved together with every count that depends on them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import Select, Table, Update, bindparam, case, delete, select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.message_status import MessageStatus, raise_to
from campaign_app.domain.tally import NO_CODE, Standing, Tally
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.models.value_lists import is_among
from campaign_app.services.counters import add_tally, lock_campaigns_of
from campaign_app.services.driver_rows import stored_form, write_changes
from campaign_app.services.send_schedule import close_plan

MOST_AT_ONCE = 1000

MESSAGES = Message.__table__
RECIPIENTS = Recipient.__table__
BATCHES = SendBatch.__table__
CAMPAIGNS = Campaign.__table__

_CHANGING = (
    "status", "whatsapp_message_id", "accepted_as", "sent_at", "delivered_at", "read_at", "failed_at", "refused_at",
    "unconfirmed_at", "failure_code", "failure_title", "failure_reason", "pricing_category", "pricing_type",
)  # fmt: skip
_MIRRORED = (
    "status", "whatsapp_message_id", "sent_at", "delivered_at", "read_at", "failed_at", "unconfirmed_at", "failure_code",
    "failure_reason",
)  # fmt: skip
_RECIPIENT_CHANGING = (*_MIRRORED, "message_id", "attempt", "next_try_at", "retry_at", "retry_count")

_READ_MESSAGES = (
    select(
        *(
            MESSAGES.c[name]
            for name in ("id", "campaign_id", "recipient_id", "phone_number", "send_date", *_CHANGING)
        )
    )
    .where(is_among(MESSAGES.c.id, "ids"))
    .order_by(MESSAGES.c.id)
)
_READ_RECIPIENTS = select(
    *(RECIPIENTS.c[name] for name in ("id", "max_retries", *_RECIPIENT_CHANGING))
).where(is_among(RECIPIENTS.c.id, "ids"))


class Attempt:
    """One message, and its recipient where this is the recipient's latest attempt (else None).

    `message` and `recipient` are dicts of columns; changes to them are written by `AttemptBatch.save`.
    """

    __slots__ = ("_message_before", "_recipient_before", "message", "recipient", "released")

    def __init__(self, message: dict, recipient: dict | None):
        self.message = message
        self.recipient = recipient
        self.released = False
        self._message_before = dict(message)
        self._recipient_before = None if recipient is None else dict(recipient)

    def raise_to(self, status: MessageStatus, at: datetime) -> None:
        """Evidence that WhatsApp took the message, and of `status` at `at`."""
        raise_to(self.message, status, at)
        self.mirror()

    def explain(self, code: int | None, title: str | None, reason: str | None) -> None:
        """Why it failed. Of several explanations the one that sorts first stays, whatever their order."""
        row = self.message
        given = (code is None, code or 0, reason or "")
        if row["failure_reason"] is None or given < (
            row["failure_code"] is None,
            row["failure_code"] or 0,
            row["failure_reason"],
        ):
            row.update(failure_code=code, failure_title=title, failure_reason=reason)
        self.mirror()

    def retry_by_itself(self, at: datetime | None) -> None:
        """Plan a new attempt for a recipient who failed, unless the message has arrived."""
        if self.recipient is not None and self.message["delivered_at"] is None:
            self.recipient["retry_at"] = at

    def mirror(self) -> None:
        """Let the recipient stand as this attempt stands."""
        if self.recipient is not None:
            self.recipient.update({name: self.message[name] for name in _MIRRORED})
            if self.message["status"] != MessageStatus.QUEUED:
                self.recipient["unconfirmed_at"] = None
            # It arrived after all: a second one would be one too many.
            if self.message["delivered_at"] is not None:
                self.recipient["retry_at"] = None

    def requeue(self, next_try_at: datetime) -> None:
        """The recipient waits for a new attempt, which this one's webhooks will not move."""
        if self.recipient is not None:
            self.recipient.update({name: None for name in _MIRRORED})
            self.recipient.update(status="pending", message_id=None, retry_at=None, next_try_at=next_try_at)

    def release(self) -> None:
        """Nothing of it ever left this machine: as if it had not been claimed, in its old place of the queue."""
        if self.recipient is not None:
            self.requeue(self.recipient["next_try_at"])
            self.recipient["attempt"] -= 1
        self.released = True

    def message_changes(self) -> dict:
        """The columns of the message that are other than they were."""
        return _changes(self._message_before, self.message, _CHANGING)

    def recipient_changes(self) -> dict:
        """The columns of the recipient that are other than they were."""
        if self.recipient is None:
            return {}
        return _changes(self._recipient_before, self.recipient, _RECIPIENT_CHANGING)

    def standings(self) -> tuple[Standing, Standing] | None:
        """How the recipient stood and stands."""
        if self.recipient is None:
            return None
        return _standing(self._recipient_before), _standing(self.recipient)

    def batch_moves(self) -> tuple[int, int]:
        """What this changes in its day's batch: (messages_authorised, messages_sent)."""
        before, after = self._message_before, self.message
        if self.released:
            return (-1 if before["refused_at"] is None else 0), (-1 if before["sent_at"] is not None else 0)
        authorised = int(before["refused_at"] is not None) - int(after["refused_at"] is not None)
        return authorised, int(after["sent_at"] is not None) - int(before["sent_at"] is not None)


class AttemptBatch:
    """Reads the attempts with these ids; those that do not exist are left out. Their campaigns are locked first."""

    def __init__(self, message_ids: Collection[UUID]):
        ids = list(message_ids)
        lock_campaigns_of(ids)
        messages = _rows(_READ_MESSAGES, ids)
        recipients = _rows(_READ_RECIPIENTS, list({row["recipient_id"] for row in messages}))
        latest = {row["message_id"]: row for row in recipients}
        self.attempts = {row["id"]: Attempt(row, latest.get(row["id"])) for row in messages}

    def save(self, now: datetime) -> set[UUID]:
        """Write what changed and move every counter by the difference. Returns the campaigns that may have nobody left to
        send to: for `complete_finished`."""
        kept = [attempt for attempt in self.attempts.values() if not attempt.released]
        _write(MESSAGES, [(one.message["id"], one.message_changes()) for one in kept], now)
        with_recipient = [one for one in self.attempts.values() if one.recipient is not None]
        _write(RECIPIENTS, [(one.recipient["id"], one.recipient_changes()) for one in with_recipient], now)
        if len(kept) < len(self.attempts):
            released = [id_ for id_, attempt in self.attempts.items() if attempt.released]
            db.session.execute(delete(MESSAGES).where(MESSAGES.c.id.in_(released)))
        under_way = self._move_counters(now)
        self._move_batches(now)
        return {attempt.message["campaign_id"] for attempt in self.attempts.values()} - under_way

    def _move_counters(self, now: datetime) -> set[UUID]:
        """Returns the campaigns that have people left to send to."""
        zone = current_app.config["SETTINGS"].zone
        tallies: dict[UUID, Tally] = defaultdict(Tally)
        titles: dict[UUID, dict[int, str | None]] = defaultdict(dict)
        for attempt in self.attempts.values():
            standings = attempt.standings()
            if standings is None or standings[0] == standings[1]:
                continue
            campaign_id = attempt.message["campaign_id"]
            tallies[campaign_id].move(*standings, zone)
            if attempt.message["failure_title"]:
                code = attempt.message["failure_code"]
                titles[campaign_id][NO_CODE if code is None else code] = attempt.message["failure_title"]
        under_way = set()
        for campaign_id in sorted(tallies):
            if add_tally(campaign_id, tallies[campaign_id], now, titles[campaign_id]):
                under_way.add(campaign_id)
        return under_way

    def _move_batches(self, now: datetime) -> None:
        authorised: Counter[tuple[UUID, date]] = Counter()
        sent: Counter[tuple[UUID, date]] = Counter()
        for attempt in self.attempts.values():
            key = attempt.message["campaign_id"], attempt.message["send_date"]
            by_authorised, by_sent = attempt.batch_moves()
            authorised[key] += by_authorised
            sent[key] += by_sent
        for campaign_id, day in sorted(
            {key for counts in (authorised, sent) for key, by in counts.items() if by}
        ):
            move_batch(campaign_id, day, authorised[campaign_id, day], sent[campaign_id, day], now)


def move_batch(campaign_id: UUID, day: date, authorised: int, sent: int, now: datetime) -> None:
    """Add to a day's batch; what remains and its state follow. Called after the campaign's counters are moved."""
    db.session.execute(
        _MOVE_BATCH,
        {"of_campaign": campaign_id, "on_day": day, "authorised": authorised, "sent": sent, "now": now},
    )


def _move_batch() -> Update:
    table = BATCHES
    used = table.c.messages_authorised + bindparam("authorised")
    pending = (
        select(CAMPAIGNS.c.messages_pending)
        .where(CAMPAIGNS.c.id == bindparam("of_campaign"))
        .scalar_subquery()
    )
    room = case((table.c.batch_size > used, table.c.batch_size - used), else_=0)
    remaining = case(
        (room < pending, room), else_=pending
    )  # who was refused for good leaves room, but nobody to fill it
    return (
        update(table)
        .where(table.c.campaign_id == bindparam("of_campaign"), table.c.send_date == bindparam("on_day"))
        .values(
            messages_authorised=used,
            batch_size=case((table.c.batch_size > used, table.c.batch_size), else_=used),
            messages_sent=table.c.messages_sent + bindparam("sent"),
            messages_remaining=remaining,
            status=case((remaining > 0, "processing"), else_="completed"),
            updated_at=bindparam("now", type_=table.c.updated_at.type),
        )
    )


_MOVE_BATCH = _move_batch()
_COMPLETE = (
    update(CAMPAIGNS)
    .where(
        is_among(CAMPAIGNS.c.id, "ids"),
        CAMPAIGNS.c.status.in_((CampaignStatus.ACTIVE, CampaignStatus.PAUSED)),
        CAMPAIGNS.c.messages_pending == 0,
    )
    .values(
        status=CampaignStatus.COMPLETED,
        status_reason=None,
        completed_at=bindparam("now", type_=CAMPAIGNS.c.completed_at.type),
        updated_at=bindparam("now", type_=CAMPAIGNS.c.updated_at.type),
    )
    .returning(CAMPAIGNS.c.id)
)


def complete_finished(campaign_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Complete those of the campaigns that have nothing left to send, and return them."""
    if not campaign_ids:
        return []
    completed = list(db.session.scalars(_COMPLETE, {"ids": list(campaign_ids), "now": now}))
    if completed:
        close_plan(completed)
    return completed


def _rows(statement: Select, ids: list[UUID]) -> list[dict]:
    names = statement.selected_columns.keys()
    return [dict(zip(names, row, strict=True)) for row in db.session.execute(statement, {"ids": ids})]


def _changes(before: dict, after: dict, names: Iterable[str]) -> dict:
    return {name: after[name] for name in names if after[name] != before[name]}


def _write(table: Table, changes: Iterable[tuple[UUID, dict]], now: datetime) -> None:
    """Write what changed in the rows with these ids: only the columns that did."""
    form = stored_form()
    write_changes(
        table,
        [
            (form.of_id(id_), {name: form.of(value) for name, value in change.items()})
            for id_, change in changes
            if change
        ],
        now,
    )


def _standing(recipient: dict) -> Standing:
    return Standing(
        recipient["status"],
        recipient["sent_at"],
        recipient["delivered_at"],
        recipient["read_at"],
        recipient["failed_at"],
        recipient["unconfirmed_at"],
        recipient["failure_code"],
    )
