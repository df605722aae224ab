"""Processes that read rows of customer files for this one, so that long files use every core."""

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from campaign_app.domain.customer_header import Header
from campaign_app.domain.row_batches import ReadRow

# The package's own __init__ builds the whole web app. A reader needs the rules only: without it, it starts in a tenth of the time.
_PROGRAM = """
import os, sys, types
os.nice(2)
package = types.ModuleType("campaign_app")
package.__path__ = [sys.argv[1]]
sys.modules["campaign_app"] = package
from campaign_app.domain.row_batches import serve
serve(sys.stdin.buffer, sys.stdout.buffer)
"""
_PACKAGE = Path(__file__).parent.parent


class RowReaders:
    """One reader for each core; use as a context manager. A thread waits for each of them.

    A process of its own, not a fork: this one may be a server with threads.
    """

    def __init__(self, header: Header, default_country: str | None) -> None:
        self._first = (header, default_country)
        self._mine = threading.local()
        self._started: list[subprocess.Popen] = []
        self._threads = ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0))), initializer=self._start)

    def __enter__(self) -> "RowReaders":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for process in self._started:
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def submit(self, rows: list[tuple[int, list[str]]]) -> "Future[list[ReadRow]]":
        return self._threads.submit(self._read, rows)

    def _start(self) -> None:
        command = [sys.executable, "-c", _PROGRAM, str(_PACKAGE)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._started.append(process)
        self._mine.process = process
        _write(self._first, process)

    def _read(self, rows: list[tuple[int, list[str]]]) -> list[ReadRow]:
        process = self._mine.process
        _write(rows, process)
        return pickle.load(process.stdout)  # noqa: S301 (written by our own process)


def _write(value: object, process: subprocess.Popen) -> None:
    pickle.dump(value, process.stdin, pickle.HIGHEST_PROTOCOL)
    process.stdin.flush()
