"""Writing together: threads that want to store something at the same time share one transaction."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine


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

    `write_all` writes a sequence of values into the transaction of the connection that it is given. It must not depend on
    which thread runs it, and running it twice must do the same as running it once.
    """

    MOST_AT_ONCE = 100

    def __init__(self, engine: Engine, write_all: Callable[[Connection, Sequence[Any]], None]):
        self._engine = engine
        self._write_all = write_all
        self._waiting: list[_Item] = []
        self._is_led = False  # some thread writes, or has been woken to write
        self._queue = threading.Lock()
        self._connection: Connection | None = None  # kept, for whoever is the writer

    def write(self, value: Any) -> None:
        """Returns when `value` is committed. Raises what the transaction that held it raised."""
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
            with _turn(self._engine):
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

    def _commit(self, values: Sequence[Any]) -> None:
        is_kept = self._connection is not None
        try:
            self._connection = self._connection or self._engine.connect()
            with self._connection.begin():
                self._write_all(self._connection, values)
        except Exception as error:
            self._let_go()
            if not (is_kept and getattr(error, "connection_invalidated", False)):
                raise
            self._commit(values)  # the database was away in between, and may be back

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """On SQLite, where one process writes at a time, the right to go next: for speed only, SQLite's own lock decides.

    Whoever finds SQLite busy sleeps and tries again, ever longer, while the disk is idle; here the system wakes it at once.
    """
    lock = _take_turn(engine)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)  # which lets it go, as the holder's death does


def _take_turn(engine: Engine) -> int | None:
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file.startswith((":memory:", "file:")):
        return None
    try:
        lock = os.open(f"{file}-inbox", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        return None
    return lock
