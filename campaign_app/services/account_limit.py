"""WhatsApp's limit of unique customers in a moving 24 hours, over all campaigns of the account."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, String, cast, exists, func, select, type_coerce
from sqlalchemy.orm import aliased

from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.number import change_number, messaging_limit, sending_number

MOVING_DAY = timedelta(hours=24)
RECOUNT_EVERY = timedelta(seconds=5)  # while the limit is used up
# Not the bare column: SQLite would read the whole index of numbers, to find them in order, instead of the one day.
_EACH_CUSTOMER = Message.phone_number.concat("")
REFRESH_EVERY = timedelta(seconds=60)
CHEAP = timedelta(milliseconds=5)  # a count that takes no longer is always made anew
KEPT_FOR = (
    50  # times as long as the count took: so it costs 2 % of one core at most, however many pages are open
)


def customers_since(since: datetime) -> int:
    """Unique customers to whom a message was authorised after `since` and not refused."""
    reached = select(func.count(Message.phone_number.distinct())).where(
        Message.authorised_at > since, Message.refused_at.is_(None)
    )
    return db.session.scalar(reached)


def account_spent(now: datetime) -> list[tuple[datetime, int]]:
    """Who was written to in the moving day, by the hour: (instant at which the last of them falls out of it, customers)."""
    latest = (
        select(func.max(Message.authorised_at).label("at"))
        .where(Message.authorised_at > now - MOVING_DAY, Message.refused_at.is_(None))
        .group_by(_EACH_CUSTOMER)
        .subquery()
    )
    counted = select(func.max(latest.c.at), func.count()).group_by(hour_of(latest.c.at))
    return sorted((at + MOVING_DAY, customers) for at, customers in db.session.execute(counted))


@dataclass(frozen=True)
class _Kept:
    spent: list[tuple[datetime, int]]
    at: datetime
    until: datetime


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


def lately_spent(now: datetime, cheap: timedelta = CHEAP) -> list[tuple[datetime, int]]:
    """`account_spent` for pages: where the count takes longer than `cheap`, this process keeps it for a while."""
    kept = _kept.get(db.engine)
    if kept is not None and kept.at <= now <= kept.until:
        return [(leaves_at, customers) for leaves_at, customers in kept.spent if leaves_at > now]
    began = time.perf_counter()
    spent = account_spent(now)
    took = timedelta(seconds=time.perf_counter() - began)
    if took > cheap:
        _kept[db.engine] = _Kept(spent, now, now + KEPT_FOR * took)
    return spent


def hour_of(instant: ColumnElement[datetime]) -> ColumnElement:
    """What all instants of one hour, UTC, have in common, in SQL."""
    if db.engine.dialect.name == "postgresql":
        return func.date_trunc("hour", instant)
    return func.substr(type_coerce(cast(instant, String), String), 1, 13)


def reached_since(since: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Recipients who were written to since then already: within the moving day they cost nothing."""
    message = aliased(Message)
    reached = select(message.id).where(
        message.phone_number == Recipient.phone_number,
        message.authorised_at > since,
        message.refused_at.is_(None),
    )
    return exists(reached)


class AccountLimit:
    """What is left of the limit, as a lower bound: it shrinks with every new customer and is counted anew when it is used up.

    Only the holder of the sender's lease authorises, so nobody else can take from it in between.
    """

    def __init__(self):
        self._limit: int | None = None
        self._left = 0
        self._counted_at: datetime | None = None

    def open(self, now: datetime) -> None:
        """Look at the limit as it is set and reported now; count anew where that is needed."""
        limit = messaging_limit(sending_number())
        patience = RECOUNT_EVERY if self._left <= 0 else REFRESH_EVERY
        stale = self._counted_at is None or now - self._counted_at > patience or now < self._counted_at
        if limit != self._limit or stale:
            self._limit = limit
            self._count(now)

    @property
    def is_used_up(self) -> bool:
        return self._limit is not None and self._left <= 0

    def admit(self, phone_numbers: list[str], now: datetime) -> list[bool]:
        """For each number in turn, whether it still fits; those that fit are counted."""
        if self._limit is None:
            return [True] * len(phone_numbers)
        reached = set(
            db.session.scalars(
                select(Message.phone_number).where(
                    Message.phone_number.in_(phone_numbers),
                    Message.authorised_at > now - MOVING_DAY,
                    Message.refused_at.is_(None),
                )
            )
        )
        fits = []
        for number in phone_numbers:
            if number not in reached and self._left > 0:
                self._left -= 1
                reached.add(number)
            fits.append(number in reached)
        return fits

    def _count(self, now: datetime) -> None:
        self._counted_at = now
        if self._limit is None:
            change_number(limit_used=None, limit_frees_at=None)
            return
        used = customers_since(now - MOVING_DAY)
        self._left = self._limit - used
        change_number(limit_used=used, limit_frees_at=self._frees_at(now) if self._left <= 0 else None)

    def _frees_at(self, now: datetime) -> datetime | None:
        """When enough customers have fallen out of the moving day for the next one to fit."""
        latest = func.max(Message.authorised_at)
        oldest = (
            select(latest)
            .where(Message.authorised_at > now - MOVING_DAY, Message.refused_at.is_(None))
            .group_by(_EACH_CUSTOMER)
            .order_by(latest)
            .offset(max(0, -self._left))
            .limit(1)
        )
        at = db.session.scalar(oldest)
        return None if at is None else at + MOVING_DAY
