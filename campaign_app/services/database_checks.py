"""Is the database's side well: reachable, at the newest migration, in the mode that keeps every promise, with room left."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.database import reading
from campaign_app.domain.finding import Finding, note, well, wrong
from campaign_app.extensions import db

# Source: sqlite.org/wal.html, "The WAL-reset bug", read 2026-11: mended from 3.51.3 on, and in these older lines.
WAL_RESET_MENDED = (3, 51, 3)
WAL_RESET_MENDED_IN_LINE = {(3, 44): 6, (3, 50): 7}
SHARED_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "ceph", "glusterfs")
LEAST_BYTES = 500 * 10**6
LEAST_SHARE, ENOUGH_BYTES = 0.10, 10 * 10**9  # below both it is worth a look


def check_database(schema_fault: str | None) -> Iterator[Finding]:
    """`schema_fault`: why the app would not start on it, None when it would."""
    try:
        with reading():
            version = _version()
            db.session.rollback()
    except SQLAlchemyError as error:
        db.session.rollback()
        kind = type(getattr(error, "orig", None) or error).__name__
        yield wrong(
            "database", f"It cannot be reached ({kind}).", "Check DATABASE_URL, and that the server runs."
        )
        return
    yield well("database", f"{version} answers.")
    if schema_fault:
        yield wrong("migrations", schema_fault, "The app does not start before.")
    else:
        yield well("migrations", "The tables are at this version's newest migration.")
    with reading():
        yield from _check_sqlite() if _file() else _check_postgresql()
        db.session.rollback()


def check_disk() -> Iterator[Finding]:
    """Room for the database, where it is a file of this machine, and for uploaded files."""
    folders = {"uploads": Path(current_app.instance_path)}
    if (file := _file()) is not None:
        folders = {"database": file.parent, **folders}
    seen = set()
    for what, folder in folders.items():
        if not folder.exists() or (device := folder.stat().st_dev) in seen:
            continue
        seen.add(device)
        room = shutil.disk_usage(folder)
        share = room.free / room.total if room.total else 0
        sentence = f"{room.free / 10**9:,.1f} GB ({share:.0%}) are free where {what} lies ({folder})."
        if room.free < LEAST_BYTES:
            yield wrong(
                "disk",
                sentence,
                "Make room: on a full disk sending stops, and webhooks are answered with 503.",
            )
        elif share < LEAST_SHARE and room.free < ENOUGH_BYTES:
            yield note("disk", sentence, "Make room before it is full.")
        else:
            yield well("disk", sentence)


def has_wal_reset_fault(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite can, very rarely, damage a database that several processes write to.

    >>> has_wal_reset_fault((3, 40, 1)), has_wal_reset_fault((3, 44, 6)), has_wal_reset_fault((3, 51, 3))
    (True, False, False)
    """
    mended_at = WAL_RESET_MENDED_IN_LINE.get(version[:2])
    return version < WAL_RESET_MENDED and (mended_at is None or version[2] < mended_at)


def _file() -> Path | None:
    """Where the database lies, if it is a file."""
    return Path(db.engine.url.database) if db.engine.dialect.name == "sqlite" else None


def _version() -> str:
    if _file():
        return f"SQLite {db.session.scalar(text('SELECT sqlite_version()'))} at {_file()}"
    return f"PostgreSQL {db.session.scalar(text('SHOW server_version')).split()[0]}"


def _check_sqlite() -> Iterator[Finding]:
    if has_wal_reset_fault(sqlite3.sqlite_version_info):
        sentence = f"SQLite {sqlite3.sqlite_version} is in the range of the WAL-reset bug: very rarely, two processes that write at the same moment damage the file."
        yield note(
            "sqlite",
            sentence,
            "Keep backups (`flask backup`), and update the system's SQLite when it offers 3.51.3; or take PostgreSQL.",
        )
    else:
        yield well("sqlite", f"SQLite {sqlite3.sqlite_version} has no fault that concerns this app.")
    wanted = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
    found = {name: str(db.session.scalar(text(f"PRAGMA {name}"))) for name in wanted}
    if found == wanted:
        yield well("sqlite", "It is in WAL mode with synchronous=FULL: what was committed is on disk.")
    else:
        shown = ", ".join(f"{name}={value}" for name, value in found.items() if value != wanted[name])
        yield wrong(
            "sqlite",
            f"It is not in the mode that keeps what was committed: {shown}.",
            "The file must lie on a local disk that this user may write to.",
        )
    kind = _file_system(_file())
    if kind in SHARED_FILE_SYSTEMS:
        yield wrong(
            "sqlite",
            f"The file lies on a network file system ({kind}), which WAL mode does not survive.",
            "Move it to a local disk, or take PostgreSQL.",
        )


def _check_postgresql() -> Iterator[Finding]:
    wanted = {"synchronous_commit": ("on", "remote_apply", "remote_write", "local"), "fsync": ("on",)}
    found = {name: db.session.scalar(text(f"SHOW {name}")) for name in wanted}
    bad = [f"{name}={value}" for name, value in found.items() if value not in wanted[name]]
    if bad:
        yield wrong(
            "postgresql",
            f"A crash may lose what was committed: {', '.join(bad)}.",
            "Set synchronous_commit and fsync to on in postgresql.conf.",
        )
    else:
        yield well("postgresql", "What was committed is on disk (fsync and synchronous_commit are on).")
    if db.session.scalar(text("SELECT pg_is_in_recovery()")):
        yield wrong(
            "postgresql", "This is a standby, which takes no writes.", "Let DATABASE_URL name the primary."
        )


def _file_system(file: Path) -> str:
    """The kind of file system under `file`; empty where the system does not tell."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    above = {str(folder) for folder in file.resolve().parents}
    return max(
        ((place, kind) for place, kind in mounts if place in above),
        key=lambda one: len(one[0]),
        default=("", ""),
    )[1]
