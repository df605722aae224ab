"""The webhook inbox: what comes is stored first, each body once; `services.webhook_batches` applies it."""

import hashlib
import logging
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func, select

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.webhook_event import WEBHOOK_STATES, WaitingStatus, WebhookEvent

log = logging.getLogger(__name__)

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
