"""Statuses of messages: matched, reduced, merged, and counted in the same transaction."""

import hashlib
import json
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, select

from campaign_app.domain.ids import new_id
from campaign_app.domain.message_status import MessageStatus
from campaign_app.domain.retry_policy import Action, next_try_at
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.webhook_event import WaitingStatus
from campaign_app.services.attempts import Attempt, AttemptBatch
from campaign_app.services.consequences import Consequences
from campaign_app.services.counters import insert_for, lock_campaigns_of
from campaign_app.services.driver_rows import StoredForm, among, read_rows, stored_form
from campaign_app.services.message_events import add_events, event_of
from campaign_app.services.plain_statuses import apply_plain
from campaign_app.whatsapp.error_catalogue import lookup
from campaign_app.whatsapp.errors import WebhookError
from campaign_app.whatsapp.webhook_elements import StatusUpdate

log = logging.getLogger(__name__)

RETRIED_BY_ITSELF = {Action.RETRY, Action.RETRY_AFTER_DAY, Action.PAIR_WAIT, Action.THROTTLE}
STATUSES_HAVE_COME = timedelta(minutes=5)

_OUR_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AT_ONCE = 500  # a transaction's part stays short, so that the sender is not kept waiting


def apply_statuses(
    updates: Sequence[StatusUpdate], now: datetime, arrivals: Sequence[datetime] | None = None
) -> None:
    """Apply the updates; those of unknown messages are kept waiting. The caller commits.

    arrivals: when the webhook of each came, in the order of `updates`; now, if left out.
    """
    arrived = list(zip(updates, arrivals or [now] * len(updates), strict=True))
    if not arrived:
        return
    ids = _messages_of(updates)
    lock_campaigns_of(set(ids) - {None})
    others, lines = apply_plain(arrived, ids, now)
    for start in range(0, len(others), AT_ONCE):
        lines += _apply([arrived[place] for place in others[start : start + AT_ONCE]], now)
    # Together: three lines for each status would take a quarter of the time that it takes to apply it
    if lines:
        log.info("\n".join(lines), extra={"lines": lines})


def campaigns_of(updates: Sequence[StatusUpdate]) -> set[UUID]:
    """The campaigns of the messages that these statuses are of, as far as they are known."""
    these, ids = among(set(_messages_of(updates)) - {None})
    mine = f"SELECT DISTINCT CAST(campaign_id AS TEXT) FROM whatsapp_messages WHERE id {these}"  # noqa: S608
    return {UUID(row[0]) for row in read_rows(mine, ids)}


def apply_waited(ids: Sequence[UUID], now: datetime) -> None:
    """Apply these of the statuses that waited; they wait no longer. The caller commits."""
    rows = db.session.execute(ready_to_apply().where(WaitingStatus.id.in_(ids))).all()
    drop_waited([row.id for row in rows])
    apply_statuses([_update_of(row.status) for row in rows], now, [row.first_seen_at for row in rows])


def drop_waited(ids: Sequence[UUID]) -> None:
    db.session.execute(delete(WaitingStatus).where(WaitingStatus.id.in_(ids)))


def ready_to_apply() -> Select:
    """The statuses that waited and whose message has got its wamid since: (id, status, first_seen_at)."""
    return select(WaitingStatus.id, WaitingStatus.status, WaitingStatus.first_seen_at).join(
        Message, Message.whatsapp_message_id == WaitingStatus.wamid
    )


def _apply(arrived: Sequence[tuple[StatusUpdate, datetime]], now: datetime) -> list[str]:
    """Returns what is to be logged."""
    updates = [update for update, _ in arrived]
    given, taken = [_id_of(update) for update in updates], _taken({update.wamid for update in updates})
    batch = AttemptBatch({*filter(None, given), *taken.values()})
    consequences, form = Consequences(), stored_form()
    unmatched, events, lines = [], [], []
    for (update, received_at), id_ in zip(arrived, given, strict=True):
        attempt = batch.attempts.get(id_) or batch.attempts.get(taken.get(update.wamid))
        if attempt is None:
            unmatched.append((update, received_at))
        else:
            lines += _merge(attempt, update, taken, consequences, now)
            at, received = form.of_instant(update.at), form.of_instant(received_at)
            events.append(event_of(form.of_id(attempt.message["id"]), update, at, received))
    batch.save(now)
    add_events(events)
    consequences.carry_out(now)
    _keep_waiting(unmatched)
    return lines


def _messages_of(updates: Sequence[StatusUpdate]) -> list[str | None]:
    """The message of each, in stored form: by the id that we gave along, else by WhatsApp's."""
    form = stored_form()
    given = [_stored_id_of(update, form) for update in updates]
    unnamed = {update.wamid for update, id_ in zip(updates, given, strict=True) if id_ is None}
    if not unnamed:
        return given
    taken = {wamid: form.of_id(id_) for wamid, id_ in _taken(unnamed).items()}
    return [id_ or taken.get(update.wamid) for update, id_ in zip(updates, given, strict=True)]


def _stored_id_of(update: StatusUpdate, form: StoredForm) -> str | None:
    if _OUR_ID.fullmatch(
        update.callback_id or ""
    ):  # as we write them, and by far the most: not worth an object each
        return form.of_shown_id(update.callback_id)
    id_ = _id_of(update)
    return None if id_ is None else form.of_id(id_)


def _id_of(update: StatusUpdate) -> UUID | None:
    try:
        return UUID(update.callback_id or "")
    except ValueError:
        return None


def _taken(wamids: Collection[str]) -> dict[str, UUID]:
    """wamid → id of the message that has it."""
    found = select(Message.whatsapp_message_id, Message.id).where(Message.whatsapp_message_id.in_(wamids))
    return dict(db.session.execute(found).all())


def _merge(
    attempt: Attempt, update: StatusUpdate, taken: dict[str, UUID], consequences: Consequences, now: datetime
) -> list[str]:
    """Returns what is to be logged."""
    message = attempt.message
    if (
        message["whatsapp_message_id"] is None
        and taken.setdefault(update.wamid, message["id"]) == message["id"]
    ):
        message["whatsapp_message_id"] = update.wamid
    if update.pricing_category is not None:
        message["pricing_category"], message["pricing_type"] = update.pricing_category, update.pricing_type
    lines = [f"Status update: {update.wamid} -> {update.status}"]
    before = message["status"], attempt.recipient and attempt.recipient["status"]
    attempt.raise_to(update.status, update.at)
    if update.status == MessageStatus.FAILED:
        lines.append(_fail(attempt, update, consequences, now))
    if message["status"] != before[0]:
        lines.append(f"Updated whatsapp_messages status: {message['id']} -> {message['status']}")
    if attempt.recipient is not None and attempt.recipient["status"] != before[1]:
        lines.append(f"Updated campaign recipient status: {attempt.recipient['id']} -> {message['status']}")
    return lines


def _fail(attempt: Attempt, update: StatusUpdate, consequences: Consequences, now: datetime) -> str:
    error = update.error
    code = error.code if error is not None else None
    reason = error.reason if error is not None else None
    is_news = attempt.message["failure_reason"] is None
    attempt.explain(code, error.title if error is not None else None, reason)
    if is_news:  # the same report again must not stop again what staff have resumed
        consequences.add(attempt.message, lookup(code), reason, update.at, now)
    attempt.retry_by_itself(_retry_at(attempt))
    return f"Message {update.wamid} failed: {reason}"


def _retry_at(attempt: Attempt) -> datetime | None:
    """When a failed message is tried again by itself, by its error code; None when it is not.

    Counted from the failure, and never before its other statuses must have come: so the order of webhooks decides nothing.
    """
    recipient, message = attempt.recipient, attempt.message
    if recipient is None or recipient["retry_count"] >= recipient["max_retries"]:
        return None
    entry = lookup(message["failure_code"])
    if entry.action not in RETRIED_BY_ITSELF or not entry.known:
        return None
    return next_try_at(
        entry.action, recipient["retry_count"], message["failed_at"], 0.5,
        at_least=max(STATUSES_HAVE_COME, entry.first_wait), max_retries=entry.max_retries,
    )  # fmt: skip


def _keep_waiting(arrived: Sequence[tuple[StatusUpdate, datetime]]) -> None:
    """Keep the statuses of unknown messages, each with the time of its arrival: the message may become known, for 8 days."""
    rows = {}
    for update, received_at in arrived:
        status = {**asdict(update), "at": update.at.isoformat(), "status": update.status.value}
        sha256 = hashlib.sha256(json.dumps(status, sort_keys=True).encode()).hexdigest()
        rows[sha256] = {
            "id": new_id(), "wamid": update.wamid, "status": status, "sha256": sha256,
            "first_seen_at": received_at, "occurrences": 1,
        }  # fmt: skip
    if rows:
        statement = insert_for(WaitingStatus.__table__).values(list(rows.values()))
        db.session.execute(statement.on_conflict_do_nothing(index_elements=["sha256"]))


def _update_of(status: dict) -> StatusUpdate:
    error = status["error"]
    return StatusUpdate(
        **{
            **status,
            "at": datetime.fromisoformat(status["at"]),
            "status": MessageStatus(status["status"]),
            "error": WebhookError(**error) if error else None,
        }
    )
