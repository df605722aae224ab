"""Files that staff upload, for every machine of an installation: a page may be answered on another one than took the file.

Each machine keeps its own copy in the instance folder. On PostgreSQL, which several machines may share, the pieces lie in
the database besides; an SQLite database lies on one machine by nature.
"""

import os
import secrets
import zlib
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, insert, select

from campaign_app.extensions import db
from campaign_app.models.file_block import FileBlock
from campaign_app.services.customer_columns import on_postgresql

BLOCK_BYTES = 2**20


def share(file_id: UUID, kind: str, path: Path, now: datetime) -> None:
    """Put the file at `path` into the database for other machines, instead of what was there of it; a short transaction
    for each piece. Nobody should be told of the file before."""
    if not on_postgresql():
        return
    forget(file_id, kind)
    db.session.commit()
    with path.open("rb") as file:
        place = 0
        while block := file.read(BLOCK_BYTES):
            row = {
                "file_id": file_id,
                "kind": kind,
                "place": place,
                "data": zlib.compress(block, 1),
                "created_at": now,
            }
            db.session.execute(insert(FileBlock.__table__), row)
            db.session.commit()
            place += 1
    _mark(path, now)


def is_there(file_id: UUID, kind: str, path: Path) -> bool:
    """Whether the file lies here or can be fetched."""
    return path.exists() or (on_postgresql() and bool(_places(file_id, kind)))


def bring(file_id: UUID, kind: str, path: Path) -> bool:
    """See to it that the file lies at `path` as it was shared last; false when it is nowhere any more. Only reads the
    database."""
    places = _places(file_id, kind) if on_postgresql() else {}
    if not places or (path.exists() and _is_of(path, places[0])):
        return path.exists()
    if list(places) != list(range(len(places))):  # it is just being put there
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Somebody else may bring it at the same time: each writes a file of his own, and the last one to be ready stays.
    coming = path.with_name(f"{path.name}.{secrets.token_hex(8)}.coming")
    coming.touch(mode=0o600)
    try:
        with coming.open("wb") as file:
            for place in places:
                block = select(FileBlock.data).where(*_of(file_id, kind), FileBlock.place == place)
                file.write(zlib.decompress(db.session.scalar(block)))
        _mark(coming, places[0])
        coming.replace(path)
    finally:
        coming.unlink(missing_ok=True)
    return True


def shared_ids(kind: str) -> list[UUID]:
    """The files of a kind that lie in the database."""
    if not on_postgresql():
        return []
    return list(
        db.session.scalars(select(FileBlock.file_id).where(FileBlock.kind == kind, FileBlock.place == 0))
    )


def forget(file_id: UUID, *kinds: str) -> None:
    """Delete the file from the database. The caller commits, and deletes what lies here."""
    if on_postgresql():
        db.session.execute(delete(FileBlock).where(FileBlock.file_id == file_id, FileBlock.kind.in_(kinds)))


def forget_old(kinds: tuple[str, ...], before: datetime) -> None:
    """The caller commits."""
    if on_postgresql():
        db.session.execute(delete(FileBlock).where(FileBlock.kind.in_(kinds), FileBlock.created_at < before))


def _of(file_id: UUID, kind: str) -> tuple:
    return FileBlock.file_id == file_id, FileBlock.kind == kind


def _places(file_id: UUID, kind: str) -> dict[int, datetime]:
    """The pieces that are there, in order, and when they were put there."""
    pieces = select(FileBlock.place, FileBlock.created_at).where(*_of(file_id, kind))
    return {place: at for place, at in db.session.execute(pieces.order_by(FileBlock.place))}


def _mark(path: Path, shared_at: datetime) -> None:
    """The time of the file says which of several versions of it this is."""
    os.utime(path, (shared_at.timestamp(), shared_at.timestamp()))


def _is_of(path: Path, shared_at: datetime) -> bool:
    return abs(path.stat().st_mtime - shared_at.timestamp()) < 0.001
