"""Leases: one process at a time does a timed job, on SQLite and PostgreSQL alike."""

import os
import secrets
import time
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Interval, Update, bindparam, literal_column, or_, select, update

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.lease import Lease
from campaign_app.models.types import UtcDateTime
from campaign_app.services.counters import insert_for

SENDER_LEASE = "sender"


_CLOCK = literal_column("clock_timestamp()", UtcDateTime)  # PostgreSQL's


class LostLease(Exception):
    """Somebody else holds the lease now, or may: nothing that it authorises may be done any more."""


def database_now() -> datetime:
    """The database's clock: several machines on one PostgreSQL agree on it. On SQLite it is the machine's own."""
    if db.engine.dialect.name != "postgresql":
        return utc_now()
    return db.session.scalar(select(_CLOCK))


class LeaseHolder:
    """One process's claim to the lease `name`, for `seconds` at a time.

    `epoch` rises with every change of the owner. The holder trusts its lease for half of its time, on the monotonic clock
    and from before the renewal: a process that was stopped for longer knows so before it acts.
    """

    def __init__(self, name: str, seconds: float):
        self.name = name
        self.seconds = seconds
        self.owner = f"{os.uname().nodename[:30]}:{os.getpid()}:{secrets.token_hex(6)}"
        self.epoch = 0
        self._trusted_until = float("-inf")
        self._renewed_at = float("-inf")

    @property
    def is_trusted(self) -> bool:
        return time.monotonic() < self._trusted_until

    @property
    def wants_renewal(self) -> bool:
        return time.monotonic() > self._renewed_at + self.seconds / 3

    def hold(self) -> bool:
        """Take the lease if it is free, or renew it. Commits. True while it is ours."""
        if self.is_trusted and not self.wants_renewal:
            return True
        if self._is_somebody_elses():
            self._trust(None)
            return False
        before = time.monotonic()
        held = self._renew() or self._take()
        db.session.commit()
        self._trust(before if held else None)
        return held

    def authorise(self) -> None:
        """Renew the lease inside the transaction in progress. Raises LostLease when it is no longer ours.

        The row stays locked until that transaction ends: nobody can take the lease in between.
        """
        before = time.monotonic()
        if not self._renew():
            self._trust(None)
            raise LostLease(self.name)
        self._trust(before)

    def release(self) -> None:
        """Let go at once, so that the next process need not wait. Commits."""
        mine = update(Lease).where(
            Lease.name == self.name, Lease.owner == self.owner, Lease.epoch == self.epoch
        )
        db.session.execute(mine.values(expires_at=database_now() - timedelta(seconds=1)))
        db.session.commit()
        self._trust(None)

    def _is_somebody_elses(self) -> bool:
        """Looked at every second by every process that waits, so without the writer's lock."""
        with reading():
            now = database_now()
            row = db.session.execute(
                select(Lease.owner, Lease.expires_at).where(Lease.name == self.name)
            ).first()
            db.session.rollback()
        return (
            row is not None and row.owner != self.owner and now < row.expires_at <= self._latest_expiry(now)
        )

    def _latest_expiry(self, now: datetime) -> datetime:
        """An expiry beyond this is no expiry: the clock must have been set back since, and it would block for that long."""
        return now + timedelta(seconds=4 * self.seconds + 60)

    def _trust(self, since: float | None) -> None:
        self._trusted_until = float("-inf") if since is None else since + self.seconds / 2
        self._renewed_at = float("-inf") if since is None else since

    def _renew(self) -> bool:
        mine = {"mine": self.name, "by": self.owner, "since": self.epoch}
        if db.engine.dialect.name == "postgresql":
            times = {"lasts": timedelta(seconds=self.seconds)}
        else:
            now = database_now()
            times = {"now": now, "until": self._expiry(now)}
        renewed = db.session.execute(_renewal(db.engine.dialect.name), {**mine, **times})
        return self.epoch > 0 and bool(renewed.rowcount)

    def _take(self) -> bool:
        now = database_now()
        statement = insert_for(Lease.__table__).values(
            name=self.name, owner=self.owner, epoch=1, expires_at=self._expiry(now)
        )
        free = or_(Lease.expires_at <= now, Lease.expires_at > self._latest_expiry(now))
        taken = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": self.owner, "epoch": Lease.epoch + 1, "expires_at": self._expiry(now)},
            where=free,
        ).returning(Lease.epoch)
        epoch = db.session.scalar(taken)
        if epoch is None:
            return False
        self.epoch = epoch
        return True

    def _expiry(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.seconds)


def is_held(name: str, now: datetime) -> bool:
    """Whether some process holds the lease now: a sign of life of the timed jobs."""
    expires_at = db.session.scalar(select(Lease.expires_at).where(Lease.name == name))
    return expires_at is not None and expires_at > now


def holders(now: datetime) -> list[str]:
    """machine:process of everybody who holds a lease now."""
    owners = db.session.scalars(select(Lease.owner).where(Lease.expires_at > now))
    return sorted({owner.rpartition(":")[0] for owner in owners})


@cache
def _renewal(dialect: str) -> Update:
    """Built once: each step of the sender needs it. PostgreSQL looks at its clock itself, which saves a way to it and back."""
    table = Lease.__table__
    if dialect == "postgresql":
        now, until = _CLOCK, _CLOCK + bindparam("lasts", type_=Interval)
    else:
        now, until = bindparam("now"), bindparam("until")
    mine = (
        table.c.name == bindparam("mine"),
        table.c.owner == bindparam("by"),
        table.c.epoch == bindparam("since"),
    )
    return update(table).where(*mine, table.c.expires_at > now).values(expires_at=until)
