"""Writing together: threads that want to store something at the same time share one transaction."""

import fcntl
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection


class _Item:
    __slots__ = ("error", "sleep", "value", "written")

    def __init__(self, value: Any):
        self.value = value
        self.written = False
        self.error: Exception | None = RuntimeError("it was not committed")  # until it is
        self.sleep = threading.Lock()
        self.sleep.acquire()  # whoever releases it wakes the thread that waits to acquire it again


class GroupCommit:
    """Whoever comes while another thread commits waits, and then one of the waiting writes for all of them.

    `write_all` writes a sequence of values, in one statement, with the driver's own connection that it is given, which commits
    each statement by itself: nothing goes back and forth but the statement. It must not depend on which thread runs it, and
    running it twice must do the same as running it once.
    """

    MOST_AT_ONCE = 100

    def __init__(self, engine: Engine, write_all: Callable[[Any, Sequence[Any]], None]):
        self._engine = engine
        self._turn = Turn(engine)
        self._write_all = write_all
        self._waiting: list[_Item] = []
        self._is_led = False  # some thread writes, or has been woken to write
        self._queue = threading.Lock()
        self._connection: PoolProxiedConnection | None = None  # kept, for whoever is the writer

    def write(self, value: Any) -> None:
        """Returns when `value` is committed. Raises the driver's error where it could not be (see `failures`)."""
        item = _Item(value)
        with self._queue:
            self._waiting.append(item)
            must_wait, self._is_led = self._is_led, True
        if must_wait:
            item.sleep.acquire()
        if not item.written:
            self._write_next()
        if item.error is not None:
            raise item.error

    def _write_next(self) -> None:
        """Write for all that wait. The next writer is woken before those who are done: it has the longer way to go."""
        items: list[_Item] = []
        try:
            with self._turn:
                with self._queue:
                    items, self._waiting = (
                        self._waiting[: self.MOST_AT_ONCE],
                        self._waiting[self.MOST_AT_ONCE :],
                    )
                self._commit([item.value for item in items])
            for item in items:
                item.error = None
        except Exception as error:
            for item in items:
                item.error = error
        finally:
            for item in items:
                item.written = True
            with self._queue:
                next_writer = self._waiting[:1]
                self._is_led = bool(next_writer)
            for item in next_writer + items:
                item.sleep.release()

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What `write` raises when the database did not take the value."""
        return self._engine.dialect.loaded_dbapi.Error, SQLAlchemyError

    def _commit(self, values: Sequence[Any]) -> None:
        is_kept = self._connection is not None
        try:
            self._connection = self._connection or self._connect()
            self._write_all(self._connection.driver_connection, values)
        except Exception as error:
            is_cut = is_kept and self._engine.dialect.is_disconnect(
                error, self._connection.driver_connection, None
            )
            self._let_go()
            if not is_cut:
                raise
            self._commit(values)  # the database was away in between, and may be back

    def _connect(self) -> PoolProxiedConnection:
        connection = self._engine.raw_connection()
        # On SQLite every connection is so: see campaign_app.database.
        if self._engine.dialect.name == "postgresql":
            connection.driver_connection.autocommit = True
        return connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()


class Turn:
    """On SQLite, where one process writes at a time, the right to go next: for speed only, SQLite's own lock decides.

    Whoever finds SQLite busy sleeps and tries again, ever longer, while the disk is idle; here the system wakes it at once.
    A process that dies lets it go.
    """

    def __init__(self, engine: Engine):
        file = engine.url.database
        in_file = engine.dialect.name == "sqlite" and file and not file.startswith((":memory:", "file:"))
        self._file = f"{file}-inbox" if in_file else None
        # Opened when it is needed first: a lock from before a fork would be everybody's.
        self._lock: int | None = None

    def __enter__(self) -> None:
        if self._file is None:
            return
        try:
            if self._lock is None:
                self._lock = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        except OSError:
            self._file = None

    def __exit__(self, *_error) -> None:
        if self._file is not None:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give back what it needed of the system, where it is not kept for the next time."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
