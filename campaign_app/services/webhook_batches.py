"""Applying what waits in the inbox, many bodies at a time, each once in effect."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.driver_rows import among, is_sqlite, read_rows, stored_form
from campaign_app.services.group_commit import Turn
from campaign_app.services.status_updates import apply_waited, drop_waited, ready_to_apply
from campaign_app.services.webhook_parts import apply_in_parts, apply_parsed
from campaign_app.whatsapp.payloads import UnreadableWebhook, parse_webhook
from campaign_app.whatsapp.webhook_elements import ParsedWebhook

log = logging.getLogger(__name__)

BODIES_AT_ONCE = 500
READ_AT_ONCE = 100
STATUSES_AT_ONCE = 500
LONGEST_NOTE = 10_000  # signs


def apply_waiting(most: int = BODIES_AT_ONCE) -> int:
    """Apply up to `most` waiting bodies, and as many statuses whose message has become known, in transactions of its own.

    Returns how many were taken. What breaks a batch is found by halving it; of a body that breaks alone the bad part alone
    is set aside, with the reason.
    """
    if not _is_something_waiting():
        return 0
    return _apply_together(_read(most)) + _apply_waited(most)


def _is_something_waiting() -> bool:
    """Looked at every moment, so without the writer's lock."""
    with reading():
        found = db.session.scalar(select(WebhookEvent.id).where(WebhookEvent.state == "waiting").limit(1))
        found = found or db.session.scalar(ready_to_apply().limit(1))
        db.session.rollback()
    return found is not None


@dataclass(slots=True)
class _Body:
    """A waiting body that was read; `parsed` is None where it is unreadable. The id is in stored form."""

    id: str
    received_at: datetime
    parsed: ParsedWebhook | None
    note: str | None

    @property
    def state(self) -> str:
        if self.parsed is None:
            return "unreadable"
        return "quarantined" if self.note else "applied"


def _read(most: int) -> list[_Body]:
    """The oldest bodies that wait, until they hold statuses enough. Without the writer's lock: others write meanwhile."""
    form, found, statuses = stored_form(), [], 0
    last = form.of_instant(datetime.min.replace(tzinfo=UTC)), form.of_id(UUID(int=0))
    with reading():
        while len(found) < most and statuses < STATUSES_AT_ONCE:
            rows = _rows_after(*last, most=min(READ_AT_ONCE, most - len(found)))
            for id_, body, received_at in rows:
                found.append(_body(id_, bytes(body), form.instant(received_at)))
                statuses += len(found[-1].parsed.statuses) if found[-1].parsed is not None else 0
                last = received_at, id_
            if not rows:
                break
        db.session.rollback()
    return found


def _rows_after(received_at: Any, id_: str, most: int) -> list[tuple]:
    """Served by ix_webhook_events_state_received_at."""
    return read_rows(
        "SELECT CAST(id AS TEXT), body, received_at FROM webhook_events"
        " WHERE state = 'waiting' AND received_at >= ? AND (received_at > ? OR id > ?)"
        " ORDER BY received_at, id LIMIT ?",
        received_at,
        received_at,
        id_,
        most,
    )


def _body(id_: str, body: bytes, received_at: datetime) -> _Body:
    try:
        parsed = parse_webhook(body)
    except UnreadableWebhook as error:
        return _Body(id_, received_at, None, error.reason)
    return _Body(id_, received_at, parsed, _note(_reasons(parsed)) if parsed.rejected else None)


def _apply_together(bodies: Sequence[_Body]) -> int:
    """Returns how many waited still."""
    if not bodies:
        return 0
    with closing(Turn(db.engine)) as turn, turn:
        taken = _done(_apply, bodies, utc_now())
    if taken is not None:
        return taken
    if len(bodies) > 1:
        half = len(bodies) // 2
        return _apply_together(bodies[:half]) + _apply_together(bodies[half:])
    log.warning("Webhook %s is applied part by part", bodies[0].id)
    taken = _apply_in_parts(bodies[0], utc_now())
    db.session.commit()
    return taken


def _done(work: Callable[..., int], *arguments) -> int | None:
    """Do `work` and commit; None, with nothing changed, where something in it breaks it: the others must not wait for that.

    Raises OperationalError and InterfaceError: then the database is away or busy, and all of it can be done later.
    """
    try:
        done = work(*arguments)
        db.session.commit()
    except (OperationalError, InterfaceError):
        db.session.rollback()
        raise
    except Exception:
        db.session.rollback()
        log.exception("Something breaks what is applied together; the parts are applied apart")
        return None
    return done


def _apply(bodies: Sequence[_Body], now: datetime) -> int:
    together: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for body in bodies:
        together[body.state, body.note].append(body.id)
    mine = {id_ for (state, note), ids in together.items() for id_ in _take(ids, state, note, now)}
    readable = [body for body in bodies if body.id in mine and body.parsed is not None]
    apply_parsed([body.parsed for body in readable], [body.received_at for body in readable], now)
    return len(mine)


def _take(ids: Sequence[str], state: str, note: str | None, now: datetime) -> list[str]:
    """Let those of the bodies that wait still wait no longer, and return them: the others were taken meanwhile."""
    these, parameter = among(ids)
    mine = f"id {these} AND state = 'waiting'"
    if not is_sqlite():
        mine = f"id IN (SELECT id FROM webhook_events WHERE {mine} FOR UPDATE SKIP LOCKED)"  # noqa: S608
    taken = read_rows(
        f"UPDATE webhook_events SET state = ?, note = ?, applied_at = ? WHERE {mine} RETURNING CAST(id AS TEXT)",  # noqa: S608
        state,
        note,
        stored_form().of_instant(now),
        parameter,
    )
    return [row[0] for row in taken]


def _apply_in_parts(body: _Body, now: datetime) -> int:
    """The bad part of a body is set aside with its reason, the others are applied."""
    if not _take([body.id], "quarantined", None, now):
        return 0
    reasons = _reasons(body.parsed) + apply_in_parts(body.parsed, body.received_at, now)
    note = _note(reasons) or "It could not be applied as a whole, but part by part."
    db.session.execute(update(WebhookEvent).where(WebhookEvent.id == UUID(body.id)).values(note=note))
    return 1


def _reasons(parsed: ParsedWebhook) -> list[str]:
    return [f"{one.path}: {one.reason}" for one in parsed.rejected]


def _note(reasons: Sequence[str]) -> str:
    return "\n".join(reasons)[:LONGEST_NOTE]


def _apply_waited(most: int) -> int:
    ids = list(db.session.scalars(ready_to_apply().limit(most)))
    if _done(apply_waited, ids, utc_now()) is None:
        for id_ in ids:
            _apply_waited_alone(id_)
    return len(ids)


def _apply_waited_alone(id_) -> None:
    if _done(apply_waited, [id_], utc_now()) is None:  # its body is in the inbox still
        log.warning("Status %s, which waited for its message, is dropped", id_)
        drop_waited([id_])
        db.session.commit()
