"""The imports of the wizard: a file taken in, its columns chosen, confirmed or given up. The work is done in import_runs."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from flask import current_app
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_file import RefusedRow
from campaign_app.domain.customer_layout import (
    ColumnUse,
    Layout,
    guess,
    header_of,
    look_at,
    uses_from_json,
    uses_to_json,
)
from campaign_app.domain.errors import Conflict, NotFound
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.customer_import import CustomerImport
from campaign_app.services import audit
from campaign_app.services.customer_reading import rows_of
from campaign_app.services.shared_files import bring, forget, is_there, share
from campaign_app.services.staged_customers import DuplicateRow, StagedCustomers

UPLOAD, STAGED = "upload", "staged"  # kinds of files, and their endings
_BLOCK = 2**20
_GONE = "What was uploaded is not here any more: it is kept for a day. Upload the file again."


@dataclass(frozen=True)
class TakenFile:
    """An upload as it lies in the folder; nothing of it is in the database yet."""

    import_id: UUID
    file_name: str
    sha256: str
    size: int
    layout: Layout


def folder() -> Path:
    return Path(current_app.instance_path) / "imports"


def upload_path(import_id: UUID) -> Path:
    return folder() / f"{import_id}.upload"


def staged_path(import_id: UUID) -> Path:
    return folder() / f"{import_id}.staged"


def has_upload(import_id: UUID) -> bool:
    """Whether what was uploaded lies here or can be fetched."""
    return is_there(import_id, UPLOAD, upload_path(import_id))


def has_staged(import_id: UUID) -> bool:
    """The same of what was read from it."""
    return is_there(import_id, STAGED, staged_path(import_id))


def forget_files(import_id: UUID, *kinds: str) -> None:
    """Delete the files of an import, of all `kinds` (UPLOAD, STAGED). The caller commits."""
    forget(import_id, *kinds)
    for kind in kinds:
        (folder() / f"{import_id}.{kind}").unlink(missing_ok=True)


def take_file(stream: BinaryIO, file_name: str) -> TakenFile:
    """Keep an uploaded file and look at its layout. No transaction may be open: it takes a while. Raises Invalid."""
    folder().mkdir(parents=True, exist_ok=True)
    import_id = new_id()
    path = upload_path(import_id)
    path.touch(mode=0o600)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("r+b") as kept:
            while block := stream.read(_BLOCK):
                kept.write(block)
                digest.update(block)
                size += len(block)
            layout = look_at(rows_of(kept), current_app.config["SETTINGS"].default_country)
        share(import_id, UPLOAD, path, utc_now())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return TakenFile(import_id, file_name, digest.hexdigest(), size, layout)


def start_import(taken: TakenFile, actor: str, now: datetime) -> CustomerImport:
    """The import of a file that was taken in: its columns are as for the last file of the same layout, else guessed."""
    country = current_app.config["SETTINGS"].default_country
    remembered = remembered_uses(taken.layout.key)
    one = CustomerImport(
        id=taken.import_id,
        file_name=taken.file_name,
        file_sha256=taken.sha256,
        file_bytes=taken.size,
        layout=taken.layout.key,
        header_line=taken.layout.header_line,
        columns=taken.layout.names,
        uses=uses_to_json(remembered or guess(taken.layout, country)),
        country=country,
        created_by=actor,
        created_at=now,
    )
    db.session.add(one)
    db.session.flush()
    return one


def find_import(import_id: UUID) -> CustomerImport:
    """Raises NotFound."""
    one = db.session.get(CustomerImport, import_id)
    if one is None or one.state == "discarded":
        raise NotFound("There is no such import.")
    return one


def latest_imports(most: int) -> list[CustomerImport]:
    there = select(CustomerImport).where(CustomerImport.state != "discarded")
    return list(db.session.scalars(there.order_by(CustomerImport.created_at.desc()).limit(most)))


def imported_before(one: CustomerImport) -> CustomerImport | None:
    """The latest import of exactly the same file that was carried out."""
    same = select(CustomerImport).where(
        CustomerImport.file_sha256 == one.file_sha256,
        CustomerImport.state.in_(("writing", "done")),
        CustomerImport.id != one.id,
    )
    return db.session.scalars(same.order_by(CustomerImport.confirmed_at.desc()).limit(1)).first()


def remembered_uses(layout: str) -> list[ColumnUse] | None:
    """What the columns were taken for in the latest import of a file with the same layout."""
    before = select(CustomerImport.uses).where(
        CustomerImport.layout == layout, CustomerImport.confirmed_at.is_not(None)
    )
    uses = db.session.scalars(before.order_by(CustomerImport.confirmed_at.desc()).limit(1)).first()
    return uses_from_json(uses) if uses else None


def layout_of(one: CustomerImport) -> Layout:
    """The columns with samples, read from the file again. Raises NotFound once it is gone."""
    path = upload_path(one.id)
    if not bring(one.id, UPLOAD, path):
        raise NotFound(_GONE)
    with path.open("rb") as file:
        return look_at(rows_of(file), one.country)


def choose_columns(one: CustomerImport, uses: list[ColumnUse], country: str | None, now: datetime) -> None:
    """Let the file be read with these columns. Raises Invalid, Conflict once it is confirmed, NotFound."""
    header_of(uses)
    if not has_upload(one.id):
        raise NotFound(_GONE)
    fresh = dict.fromkeys(
        ("percent", "rows", "empty", "people", "duplicates", "refused", "added", "changed", "unchanged",
         "kept_refusals", "opted_out", "written"), 0
    )  # fmt: skip
    _move(
        one, ("mapping", "reading", "ready", "failed"), state="reading", uses=uses_to_json(uses), country=country,
        fault=None, worker=None, heartbeat_at=None, **fresh,
    )  # fmt: skip


def change_columns(one: CustomerImport) -> None:
    """Back to the choice of columns. Raises Conflict once it is confirmed."""
    _move(one, ("mapping", "reading", "ready", "failed"), state="mapping", worker=None, heartbeat_at=None)


def confirm_import(one: CustomerImport, actor: str, now: datetime) -> None:
    """From here on it is carried out to its end, also after a restart. Raises Conflict unless it waits for that."""
    if not has_staged(one.id):
        raise NotFound(_GONE)
    counts = dict.fromkeys(("percent", "added", "changed", "unchanged", "kept_refusals", "written"), 0)
    _move(one, ("ready",), state="writing", confirmed_by=actor, confirmed_at=now, worker=None, heartbeat_at=None, **counts)  # fmt: skip
    audit.record(actor, "customers.import_confirmed", "import", one.id, {"file": one.file_name}, now)


def discard_import(one: CustomerImport) -> None:
    """Give it up; nothing was changed. Raises Conflict once it is confirmed."""
    _move(one, ("mapping", "reading", "ready", "failed"), state="discarded", worker=None)
    forget_files(one.id, UPLOAD, STAGED)


def is_discarded(import_id: UUID) -> bool:
    one = db.session.get(CustomerImport, import_id)
    return one is None or one.state == "discarded"


def refused_rows(one: CustomerImport, most: int = -1) -> list[tuple[RefusedRow, list[str]]]:
    """The refused rows with their cells; empty once the files of the import are gone."""
    if not bring(one.id, STAGED, staged_path(one.id)):
        return []
    with StagedCustomers(staged_path(one.id)) as staged:
        return list(staged.refused_rows(most))


def duplicate_rows(one: CustomerImport, most: int) -> list[DuplicateRow]:
    if not bring(one.id, STAGED, staged_path(one.id)):
        return []
    with StagedCustomers(staged_path(one.id)) as staged:
        return staged.duplicate_rows(most)


def _move(one: CustomerImport, states: tuple[str, ...], **values) -> None:
    moved = db.session.execute(
        update(CustomerImport)
        .where(CustomerImport.id == one.id, CustomerImport.state.in_(states))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(one)
    if moved.rowcount != 1:
        raise Conflict("The import has moved on meanwhile. Look at how it stands.")
