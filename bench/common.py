"""What the benchmarks share: fresh databases, rounds in turn, and a row for the README's table."""

import argparse
import gc
import logging
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from campaign_app.extensions import db
from tests.databases import an_app, fresh_postgresql, fresh_sqlite, postgresql_server

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Figure:
    """One measured pair, each the median of its rounds; a row of the README's table."""

    what: str
    ours: str
    floor: str
    ratio: str

    @classmethod
    def of_rates(cls, what: str, ours: float, floor: float) -> "Figure":
        """Both a second, so more is better.

        >>> Figure.of_rates("Intake", 900, 1000).as_row()
        '| Intake | 900/s | 1,000/s | 90 % |'
        """
        return cls(what, f"{ours:,.0f}/s", f"{floor:,.0f}/s", f"{100 * ours / floor:.0f} %")

    @classmethod
    def of_times(cls, what: str, ours: float, floor: float) -> "Figure":
        """Both in seconds, so less is better.

        >>> Figure.of_times("Launch", 3, 2).as_row()
        '| Launch | 3.00 s | 2.00 s | 1.50 × |'
        """
        return cls(what, _duration(ours), _duration(floor), f"{ours / floor:.2f} ×")

    def as_row(self) -> str:
        return f"| {self.what} | {self.ours} | {self.floor} | {self.ratio} |"


def parser(description: str, rounds: int) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    made.add_argument("--database", choices=(*KINDS, "both"), default="both", help="the kind of database")
    made.add_argument(
        "--rounds", type=int, default=rounds, help="how often each side is measured, in turn; medians count"
    )
    return made


def kinds(chosen: str) -> Sequence[str]:
    return KINDS if chosen == "both" else (chosen,)


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """The URL of an empty database at head, which waits for the disk at each commit as in production."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        if kind == "sqlite":
            yield fresh_sqlite(Path(folder))
        else:
            url = fresh_postgresql()
            # The tests' server does without fsync; a figure without it would be worth nothing.
            postgresql_server().psql("ALTER SYSTEM SET fsync = on;")
            postgresql_server().psql("SELECT pg_reload_conf();")
            yield url


@contextmanager
def app_on(database_url: str, **environ: str) -> Iterator[Flask]:
    """The app inside an application context. Its log is written, to a file, as in production."""
    app = an_app(database_url, **environ)
    with tempfile.TemporaryFile("w+") as log, app.app_context():
        (handler,) = logging.getLogger("campaign_app").handlers
        handler.setStream(log)
        gc.collect()
        gc.freeze()  # as gunicorn.conf.py does
        try:
            yield app
        finally:
            gc.unfreeze()
            handler.setStream(sys.stderr)
            db.session.remove()
            db.engine.dispose()


def in_turn(rounds: int, *sides: Callable[[], float]) -> list[float]:
    """Measure each side once a round, A B A B …, and return the median of each: other work on the machine strikes all alike."""
    measured: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for values, side in zip(measured, sides, strict=True):
            values.append(side())
    return [statistics.median(values) for values in measured]


def report(title: str, ours: str, floor: str, figures: Sequence[Figure]) -> None:
    """Print Markdown that can go into the README as it is."""
    print(f"\n{title} ({os.cpu_count()} cores, Python {platform.python_version()})\n")
    print(f"| what | {ours} | {floor} | ratio |\n|---|---|---|---|")
    for figure in figures:
        print(figure.as_row())
