"""How connections behave: short, honest transactions on SQLite and PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError

BUSY_TIMEOUT_MS = 10_000
JUST_NOW = 0.2  # seconds

_reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read, and so take no write lock. Everywhere else SQLite begins IMMEDIATE: a read that
    turns into a write would fail at once with "database is locked", whatever busy_timeout says."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def engine_options(database_url: str) -> dict:
    """Options for `create_engine` that belong to the database's kind. No error message shows what a statement was given:
    phone numbers and names would get into the log."""
    if make_url(database_url).get_backend_name() == "sqlite":
        connect = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
        return {"connect_args": connect, "pool_size": 20, "hide_parameters": True}
    timeouts = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=20s -c timezone=UTC"
    return {
        "pool_size": 10, "max_overflow": 20, "hide_parameters": True, "connect_args": {"options": timeouts},
    }  # fmt: skip


def prepare_engine(engine: Engine) -> None:
    """Hook SQLite's pragmas and the kind of BEGIN to `engine`; on PostgreSQL, a look whether a connection still stands."""
    if engine.dialect.name != "sqlite":
        _look_whether_it_stands(engine)
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection, _record):
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",  # first: the next one may have to wait for another process
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def _look_whether_it_stands(engine: Engine) -> None:
    """Before a connection is used, unless that was only just now: the sender would ask before each of its steps."""

    @event.listens_for(engine, "checkin")
    def note(_connection, record):
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection, record, _proxy):
        if time.monotonic() - record.info.get("used_at", float("-inf")) < JUST_NOW:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # the others of the pool have gone with it
