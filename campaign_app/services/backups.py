"""Copies of the whole database: made while the app writes, checked, and put back in place of what is there."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import URL

from campaign_app.domain.errors import Conflict, Invalid

SQLITE_BEGINS = b"SQLite format 3\x00"
DUMP_BEGINS = b"PGDMP"
BUSY_SECONDS = 30.0
_FILE_OF = ("", "-wal", "-shm", "-inbox")  # what belongs to a SQLite database


def copy_sqlite(source: Path, target: Path, now: datetime) -> None:
    """Copy a database that others read and write: one moment of it, whole. The copy says that it is one.

    Raises Conflict where `target` exists or the copy is not sound, OSError, sqlite3.Error.
    """
    with _made_aside(target) as aside:
        with closing(_open(source)) as live, closing(_open(aside)) as copy:
            live.backup(copy)  # in one step, from one snapshot; in WAL mode nobody has to wait
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            with copy:
                _say_that_it_is_a_copy(copy, now)
            _check(copy, "The copy is not sound")


def dump_postgresql(url: URL, target: Path) -> None:
    """The same by pg_dump. Raises Conflict, with what to do where pg_dump is missing or too old, and OSError."""
    with _made_aside(target) as aside:
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={aside}"], url)


def restore_postgresql(url: URL, source: Path) -> None:
    """Read a dump into the database, all or nothing. Raises Conflict, Invalid."""
    if _beginning(source, len(DUMP_BEGINS)) != DUMP_BEGINS:
        raise Invalid(f"{source} is no dump of PostgreSQL in the custom format, as `flask backup` makes it.")
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source)]
    _run("pg_restore", options, url)


def prepare_sqlite(source: Path, beside: Path) -> Path:
    """A sound copy of `source` that lies next to the database at `beside`, to be migrated and marked before it takes its
    place. Raises Invalid where `source` is no database of this app."""
    if _beginning(source, len(SQLITE_BEGINS)) != SQLITE_BEGINS:
        raise Invalid(f"{source} is no SQLite database.")
    aside = beside.with_name(f"{beside.name}.restoring")
    drop_sqlite(aside)
    try:
        with closing(_open(source)) as given, closing(_open(aside)) as copy:
            given.backup(copy)
            _check(copy, f"{source} is damaged")
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        drop_sqlite(aside)
        raise Invalid(f"{source} cannot be read: {error}.") from None
    except BaseException:
        drop_sqlite(aside)
        raise
    if not {"alembic_version", "marketing_campaigns"} <= tables:
        drop_sqlite(aside)
        raise Invalid(f"{source} is no database of this app.")
    aside.chmod(0o600)
    return aside


def put_in_place(aside: Path, database: Path, now: datetime) -> Path | None:
    """Let the prepared copy take the database's place. What was there is kept; returns where, None if there was nothing."""
    with closing(_open(aside)) as copy:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = None
    if database.exists():
        with suppress(sqlite3.DatabaseError), closing(_open(database)) as live:
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = database.with_name(f"{database.name}.replaced-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        for part in _FILE_OF:
            with suppress(FileNotFoundError):
                os.rename(f"{database}{part}", f"{kept}{part}")
    os.rename(aside, database)
    for part in _FILE_OF[1:]:
        Path(f"{aside}{part}").unlink(missing_ok=True)
    _sync(database.parent)
    return kept


def drop_sqlite(file: Path) -> None:
    for part in _FILE_OF:
        Path(f"{file}{part}").unlink(missing_ok=True)


@contextmanager
def _made_aside(target: Path) -> Iterator[Path]:
    """A new file that only the owner may read; it gets its name when all went well, and is gone otherwise."""
    if target.exists():
        raise Conflict(f"{target} exists already: choose another name.")
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield aside
        _sync(aside)
        os.link(aside, target)  # never over a file that came meanwhile
    finally:
        aside.unlink()
    _sync(target.parent)


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=BUSY_SECONDS)


def _check(connection: sqlite3.Connection, fault: str) -> None:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise Conflict(f"{fault}: {found}")


def _say_that_it_is_a_copy(copy: sqlite3.Connection, now: datetime) -> None:
    """As SQLAlchemy stores it. A database from before that table is marked when it is restored."""
    if copy.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'installations'").fetchone():
        at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        copy.execute("INSERT INTO installations (id) VALUES (1) ON CONFLICT (id) DO NOTHING")
        copy.execute("UPDATE installations SET copied_at = ? WHERE copied_at IS NULL", (at,))


def _beginning(file: Path, length: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(length)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from None


def _run(program: str, options: list[str], url: URL) -> None:
    """Raises Conflict with the first line of what the program said. The password is in no argument that others could see."""
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    found = shutil.which(program)
    if found is None:
        shown = " ".join(options)
        raise Conflict(
            f"{program} is not installed here. Install PostgreSQL's client (Debian: postgresql-client), as new as the server, or "
            f"run it on another machine: {program} {shown} --dbname={address}"
        )
    environ = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(
        [found, *options, f"--dbname={address}"], env=environ, capture_output=True, text=True
    )
    if done.returncode:
        said = next(
            (line for line in done.stderr.splitlines() if line.strip()), f"exit code {done.returncode}"
        )
        hint = " It must be as new as the server." if "version" in done.stderr else ""
        raise Conflict(f"{program} failed: {said.strip()}.{hint}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
