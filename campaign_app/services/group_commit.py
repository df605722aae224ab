"""Writing together: threads that want to store something at the same time share one transaction."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from campaign_app.extensions import db


class _Item:
    __slots__ = ("error", "value", "written")

    def __init__(self, value: Any):
        self.value = value
        self.written = False
        self.error: Exception | None = None


class GroupCommit:
    """Whoever comes while another thread commits waits, and then one of the waiting writes for all of them.

    `write_all` writes a sequence of values into the transaction in progress; it must not depend on which thread runs it.
    """

    MOST_AT_ONCE = 100

    def __init__(self, write_all: Callable[[Sequence[Any]], None]):
        self._write_all = write_all
        self._waiting: list[_Item] = []
        self._queue = threading.Lock()
        self._writer = threading.Lock()

    def write(self, value: Any) -> None:
        """Returns when `value` is committed. Raises what the transaction that held it raised."""
        item = _Item(value)
        with self._queue:
            self._waiting.append(item)
        while not item.written:
            with self._writer:
                if not item.written:
                    self._write_next()
        if item.error is not None:
            raise item.error

    def _write_next(self) -> None:
        with self._queue:
            items, self._waiting = self._waiting[: self.MOST_AT_ONCE], self._waiting[self.MOST_AT_ONCE :]
        try:
            self._write_all([item.value for item in items])
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            for item in items:
                item.error = error
        finally:
            for item in items:
                item.written = True
