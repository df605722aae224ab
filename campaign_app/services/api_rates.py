"""How many requests a token may make in a minute: held over all processes and machines, at a write now and then.

Each process takes shares of the minute's allowance from the token's row and spends them by itself. The shares together never
exceed the limit. They shrink as it comes near, so that little is left unused in other processes.
"""

import logging
import threading
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, Insert, case
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.extensions import db
from campaign_app.models.api_token import ApiTokenRate
from campaign_app.services.counters import insert_for

WINDOW_SECONDS = 60
LARGEST_SHARE = 1000
SHARE_OF_REST = 10  # a share is at most this part of what was left

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rate:
    """What to tell the program. `remaining`: of the minute, as far as this process knows; `reset`: seconds to the next one."""

    limit: int
    remaining: int
    reset: int
    is_over: bool


@dataclass
class _Share:
    minute: int
    mine: int = 0  # taken, and not yet spent
    rest: int = 0  # not taken by anybody when we last looked
    is_over: bool = False


_shares: dict[UUID, _Share] = {}
_lock = threading.Lock()


def spend_request(token_id: UUID, limit: int, now: datetime) -> Rate:
    """Count one request. Owns the short transaction that takes a share; where the database is busy, the request goes free."""
    minute, seconds = divmod(int(now.timestamp()), WINDOW_SECONDS)
    reset = WINDOW_SECONDS - seconds
    with _lock:
        share = _shares.get(token_id)
        if share is None or share.minute != minute:
            share = _shares[token_id] = _Share(minute, rest=limit)
        if share.mine == 0 and not share.is_over:
            wanted = min(LARGEST_SHARE, max(1, share.rest // SHARE_OF_REST))
            try:
                taken = _take(token_id, minute, wanted)
            except SQLAlchemyError as error:
                log.warning("A share for token %s could not be taken (%s)", token_id, type(error).__name__)
                return Rate(limit, share.rest, reset, False)
            share.mine = max(0, min(wanted, limit - (taken - wanted)))
            share.rest = max(0, limit - taken)
            share.is_over = share.mine == 0
        if share.is_over:
            return Rate(limit, 0, reset, True)
        share.mine -= 1
        return Rate(limit, share.mine + share.rest, reset, False)


def _take(token_id: UUID, minute: int, wanted: int) -> int:
    """What was taken in this minute, with ours."""
    table = ApiTokenRate.__table__
    insert = insert_for(table).values(token_id=token_id, minute=minute, taken=wanted)
    sum_of_minute = case((table.c.minute == minute, table.c.taken + wanted), else_=wanted)
    take = insert.on_conflict_do_update(
        index_elements=["token_id"], set_={"minute": minute, "taken": sum_of_minute}
    ).returning(table.c.taken)
    # in a context of its own: the caller's may be one that only reads
    return Context().run(_written, db.engine, take)


def _written(engine: Engine, take: Insert) -> int:
    with engine.begin() as connection:
        return connection.scalar(take)
