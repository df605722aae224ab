"""Writing together: threads that want to store something at the same time share one transaction."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from campaign_app.extensions import db


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

    `write_all` writes a sequence of values into the transaction in progress; it must not depend on which thread runs it.
    """

    MOST_AT_ONCE = 100

    def __init__(self, write_all: Callable[[Sequence[Any]], None]):
        self._write_all = write_all
        self._waiting: list[_Item] = []
        self._is_led = False  # some thread writes, or has been woken to write
        self._queue = threading.Lock()

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
            with _turn():
                with self._queue:
                    items, self._waiting = self._waiting[: self.MOST_AT_ONCE], self._waiting[self.MOST_AT_ONCE :]
                self._write_all([item.value for item in items])
                db.session.commit()
            for item in items:
                item.error = None
        except Exception as error:
            db.session.rollback()
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


@contextmanager
def _turn() -> Iterator[None]:
    """On SQLite, where one process writes at a time, the right to go next: for speed only, SQLite's own lock decides.

    Whoever finds SQLite busy sleeps and tries again, ever longer, while the disk is idle; here the system wakes it at once.
    """
    file = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not file or file.startswith((":memory:", "file:")):
        yield
        return
    lock = os.open(f"{file}-inbox", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)  # which lets it go, as the holder's death does
