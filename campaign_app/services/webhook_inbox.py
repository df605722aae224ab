"""The webhook inbox: stored first, applied later, each body once in effect."""

import hashlib
import logging
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.webhook_event import WEBHOOK_STATES, WaitingStatus, WebhookEvent
from campaign_app.services.status_updates import apply_waited, drop_waited, ready_to_apply
from campaign_app.services.webhook_parts import apply_in_parts, apply_parsed
from campaign_app.whatsapp.payloads import UnreadableWebhook, parse_webhook
from campaign_app.whatsapp.webhook_elements import ParsedWebhook

log = logging.getLogger(__name__)

BODIES_AT_ONCE = 200
LONGEST_NOTE = 10_000  # signs
_INSERT = "INSERT INTO webhook_events (id, fingerprint, body, received_at, state)"
_FROM_ARRAYS = "SELECT *, 'waiting' FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::timestamptz[])"
_UNLESS_KNOWN = "ON CONFLICT (fingerprint) DO NOTHING"
_TIME = re.compile(rb'"timestamp": ?"?([0-9]{10})\b')
KEEP_UNMATCHED = timedelta(days=8)  # Meta delivers again for at most 7 days


def store(raw: bytes, now: datetime) -> None:
    """Put a body whose signature was right into the inbox; the same body again changes nothing. The caller commits."""
    store_all(db.session.connection().connection.driver_connection, [Arrival(raw, now)])


class Arrival:
    """A body whose signature was right, as a row of the inbox."""

    __slots__ = ("body", "fingerprint", "id", "received_at")

    def __init__(self, body: bytes, received_at: datetime):
        self.id = new_id()
        self.fingerprint = fingerprint(body)
        self.body = body
        self.received_at = received_at


def fingerprint(raw: bytes) -> bytes:
    """20 bytes that tell one body from another: the second of the first status in it, and half of its SHA-256.

    Beginning with the time, those of one moment lie together in the index. With a hash alone each would change a page of its
    own somewhere in it, and the larger the inbox the more there would be to write for each body.
    """
    found = _TIME.search(raw)
    second = int(found[1]) & 0xFFFFFFFF if found else 0
    return second.to_bytes(4, "big") + hashlib.sha256(raw).digest()[:16]


def store_all(connection: Any, arrivals: Sequence[Arrival]) -> None:
    """Put several bodies into the inbox, in one statement. The caller commits, if the connection does not by itself.

    `connection` is the driver's own (sqlite3's or psycopg's): this is the one statement that runs for each webhook, and what
    SQLAlchemy does around a statement costs more than the statement. sqlite3 lets other threads run for each row that it is
    given on its own, and has to wait for its turn after each.
    """
    # In one order: two processes that store the same bodies must not wait for each other in a circle.
    rows = sorted(arrivals, key=attrgetter("fingerprint"))
    if isinstance(connection, sqlite3.Connection):
        values = ", ".join(["(?, ?, ?, ?, 'waiting')"] * len(rows))
        fields = [field for row in rows for field in _sqlite_fields(row)]
        connection.execute(f"{_INSERT} VALUES {values} {_UNLESS_KNOWN}", fields)
    else:
        columns = [
            [getattr(row, name) for row in rows] for name in ("id", "fingerprint", "body", "received_at")
        ]
        connection.execute(f"{_INSERT} {_FROM_ARRAYS} {_UNLESS_KNOWN}", columns)


def _sqlite_fields(row: Arrival) -> tuple:
    """As SQLAlchemy stores them."""
    at = row.received_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return row.id.hex, row.fingerprint, row.body, at


def apply_waiting(most: int = BODIES_AT_ONCE) -> int:
    """Apply up to `most` waiting bodies, and as many statuses whose message has become known, in transactions of its own.

    Returns how many were taken. What breaks the batch is found by applying body by body, and that one part by part;
    the bad part alone is set aside, with the reason.
    """
    if not _is_something_waiting():
        return 0
    return _apply_bodies(most) + _apply_waited(most)


def _apply_bodies(most: int) -> int:
    events = _next(most)
    if not events:
        db.session.rollback()
        return 0
    if _is_done(_apply, events, utc_now()):
        return len(events)
    return sum(_apply_alone(event.id) for event in events)


def _is_done(work: Callable[..., None], *arguments) -> bool:
    """Do `work` and commit; False, with nothing changed, where something in it breaks it: the others must not wait for that.

    Raises OperationalError and InterfaceError: then the database is away or busy, and all of it can be done later.
    """
    try:
        work(*arguments)
        db.session.commit()
    except (OperationalError, InterfaceError):
        db.session.rollback()
        raise
    except Exception:
        db.session.rollback()
        log.exception("Something breaks what is applied together; the parts are applied apart")
        return False
    return True


def _is_something_waiting() -> bool:
    """Looked at every moment, so without the writer's lock."""
    with reading():
        found = db.session.scalar(select(WebhookEvent.id).where(WebhookEvent.state == "waiting").limit(1))
        found = found or db.session.scalar(ready_to_apply().limit(1))
        db.session.rollback()
    return found is not None


def _apply_alone(event_id) -> int:
    events = _next(1, event_id)
    if not events:
        return 0
    if not _is_done(_apply, events, utc_now()):
        log.warning("Webhook %s is applied part by part", event_id)
        _apply_in_parts(event_id, utc_now())
        db.session.commit()
    return 1


def _apply_in_parts(event_id, now: datetime) -> None:
    """The bad part of a body is set aside with its reason, the others are applied."""
    for event in _next(1, event_id):
        parsed = parse_webhook(bytes(event.body))
        reasons = [f"{one.path}: {one.reason}" for one in parsed.rejected]
        reasons += apply_in_parts(parsed, event.received_at, now)
        note = "\n".join(reasons)[:LONGEST_NOTE] or "It could not be applied as a whole, but part by part."
        done = update(WebhookEvent).where(WebhookEvent.id == event_id)
        db.session.execute(done.values(state="quarantined", note=note, applied_at=now))


def _apply_waited(most: int) -> int:
    ids = list(db.session.scalars(ready_to_apply().limit(most)))
    if not _is_done(apply_waited, ids, utc_now()):
        for id_ in ids:
            _apply_waited_alone(id_)
    return len(ids)


def _apply_waited_alone(id_) -> None:
    if not _is_done(apply_waited, [id_], utc_now()):  # its body is in the inbox still
        log.warning("Status %s, which waited for its message, is dropped", id_)
        drop_waited([id_])
        db.session.commit()


def _next(most: int, event_id=None) -> list:
    waiting = select(WebhookEvent.id, WebhookEvent.body, WebhookEvent.received_at).where(
        WebhookEvent.state == "waiting"
    )
    if event_id is not None:
        waiting = waiting.where(WebhookEvent.id == event_id)
    return db.session.execute(
        waiting.order_by(WebhookEvent.received_at, WebhookEvent.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def _apply(events: list, now: datetime) -> None:
    parsed: list[ParsedWebhook] = []
    arrivals: list[datetime] = []
    states: dict[tuple[str, str | None], list] = {}
    for event in events:
        try:
            webhook = parse_webhook(bytes(event.body))
        except UnreadableWebhook as error:
            states.setdefault(("unreadable", error.reason), []).append(event.id)
            continue
        parsed.append(webhook)
        arrivals.append(event.received_at)
        note = "\n".join(f"{one.path}: {one.reason}" for one in webhook.rejected)[:LONGEST_NOTE] or None
        states.setdefault(("quarantined" if note else "applied", note), []).append(event.id)
    apply_parsed(parsed, arrivals, now)
    for (state, note), ids in states.items():
        done = update(WebhookEvent).where(WebhookEvent.id.in_(ids))
        db.session.execute(done.values(state=state, note=note, applied_at=now))


def waiting_bodies() -> tuple[int, datetime | None]:
    """How many bodies wait, and since when the oldest."""
    waiting = select(func.count(), func.min(WebhookEvent.received_at)).where(WebhookEvent.state == "waiting")
    return tuple(db.session.execute(waiting).one())


def prune(now: datetime, retention: timedelta) -> int:
    """Delete raw bodies older than `retention`, and statuses that never found their message. Returns how many bodies."""
    done = [state for state in WEBHOOK_STATES if state != "waiting"]
    old = delete(WebhookEvent).where(WebhookEvent.state.in_(done), WebhookEvent.received_at < now - retention)
    deleted = db.session.execute(old).rowcount
    db.session.execute(delete(WaitingStatus).where(WaitingStatus.first_seen_at < now - KEEP_UNMATCHED))
    return deleted
