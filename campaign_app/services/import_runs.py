"""The work of imports, step by step in short transactions of its own: a file is read, compared, and once confirmed written.

Whoever does it says so in the row. When that process dies another one goes on: with reading from the beginning, with
writing where the last committed chunk ended.
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from uuid import UUID

from sqlalchemy import Row, or_, select, update
from sqlalchemy.exc import OperationalError

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_layout import header_of, uses_from_json
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.customer_import import CustomerImport
from campaign_app.models.opt_out import OptOut
from campaign_app.services import audit
from campaign_app.services.customer_import import write_chunk
from campaign_app.services.customer_imports import (
    STAGED,
    UPLOAD,
    folder,
    forget_files,
    has_staged,
    has_upload,
    staged_path,
    upload_path,
)
from campaign_app.services.customer_reading import ReadCounts, rows_of, stage_rows
from campaign_app.services.customer_writes import Written, hold_other_lists
from campaign_app.services.shared_files import bring, forget_old, share
from campaign_app.services.staged_customers import StagedCustomer, StagedCustomers

STALE_AFTER = timedelta(seconds=60)
KEPT = timedelta(days=1)  # files: they hold numbers of people whom we do not know
COMPARED_AT_ONCE = 2000
WRITTEN_AT_ONCE = 500  # a few hundredths of a second: whoever sends waits no longer than that
READ_PERCENT = 70  # of the first step; comparing is the rest

_NOT_OURS = "The file could not be read. Nothing was changed. Save it as CSV or .xlsx again, and upload that."
_KNOWN = [
    getattr(CustomerImport, name)
    for name in ("id", "file_name", "file_bytes", "header_line", "uses", "country", "people", "written")
]
_ME = secrets.token_hex(16)


class _Stopped(Exception):
    """The import was given up or taken over, or this process ends."""


def run_imports(should_stop: Callable[[], bool] = lambda: False) -> bool:
    """Take the next step that is to be done, if its files are to be had on this machine; true when there was one."""
    with reading():
        open_ones = db.session.execute(
            select(CustomerImport.id, CustomerImport.state)
            .where(CustomerImport.state.in_(("reading", "writing")))
            .order_by(CustomerImport.created_at)
        ).all()
        db.session.rollback()
    for import_id, state in open_ones:
        if _has_file(import_id, state) and _claim(import_id, state):
            try:
                (_read if state == "reading" else _write)(import_id, should_stop)
            except _Stopped:
                db.session.rollback()
            except Exception:
                db.session.rollback()
                if state == "reading":  # it would end the same way again and again
                    _report(import_id, state, state="failed", fault=_NOT_OURS)
                    db.session.commit()
                raise
            return True
    return False


def is_worked_on(one: CustomerImport, now: datetime) -> bool:
    """Whether a process has taken it up; false for long means that no timed jobs run where its file lies."""
    return one.heartbeat_at is not None and now - one.heartbeat_at < STALE_AFTER


def prune_files(now: datetime) -> None:
    """Delete files on this machine that are older than a day."""
    for path in folder().glob("*.*") if folder().exists() else ():
        if (
            path.suffix in (".upload", ".staged", ".coming")
            and path.stat().st_mtime < (now - KEPT).timestamp()
        ):
            path.unlink(missing_ok=True)


def prune_imports(now: datetime) -> None:
    """Delete what is older than a day, and give up what was never confirmed. The caller commits."""
    prune_files(now)
    forget_old((UPLOAD, STAGED), now - KEPT)
    old = update(CustomerImport).where(
        CustomerImport.created_at < now - KEPT,
        CustomerImport.state.in_(("mapping", "reading", "ready", "failed")),
    )
    db.session.execute(old.values(state="discarded"))


def _has_file(import_id: UUID, state: str) -> bool:
    with reading():
        there = has_upload(import_id) if state == "reading" else has_staged(import_id)
        db.session.rollback()
    return there


def _fetch(import_id: UUID, kind: str, path: Path) -> None:
    """Raises _Stopped when the file has gone since."""
    with reading():
        there = bring(import_id, kind, path)
        db.session.rollback()
    if not there:
        raise _Stopped


def _claim(import_id: UUID, state: str) -> bool:
    now = utc_now()
    free = or_(
        CustomerImport.worker.is_(None),
        CustomerImport.worker == _ME,
        CustomerImport.heartbeat_at < now - STALE_AFTER,
    )
    claimed = update(CustomerImport).where(
        CustomerImport.id == import_id, CustomerImport.state == state, free
    )
    taken = db.session.execute(claimed.values(worker=_ME, heartbeat_at=now)).rowcount == 1
    db.session.commit()
    return taken


def _report(import_id: UUID, during: str, **values) -> None:
    """Say how far it is. Raises _Stopped when it is not ours any more. The caller commits."""
    mine = update(CustomerImport).where(
        CustomerImport.id == import_id, CustomerImport.state == during, CustomerImport.worker == _ME
    )
    if db.session.execute(mine.values(heartbeat_at=utc_now(), **values)).rowcount != 1:
        raise _Stopped


def _read(import_id: UUID, should_stop: Callable[[], bool]) -> None:
    one = _look(import_id)
    _fetch(import_id, UPLOAD, upload_path(import_id))
    staged_path(import_id).unlink(missing_ok=True)
    with upload_path(import_id).open("rb") as file, StagedCustomers(staged_path(import_id)) as staged:
        every = _Every(1.0)

        def progress(counts: ReadCounts) -> None:
            if should_stop():
                raise _Stopped
            if every.is_over():
                share = min(1.0, file.tell() / max(1, one.file_bytes))
                _report(import_id, "reading", percent=int(READ_PERCENT * share), rows=counts.rows)
                db.session.commit()

        try:
            rows = rows_of(file)
            if one.header_line is not None:
                rows = dropwhile(lambda row: row.line <= one.header_line, rows)
            counts = stage_rows(rows, header_of(uses_from_json(one.uses)), one.country, staged, progress)
            if not counts.rows:
                raise Invalid("There is nobody in the file: it has a row of names, and nothing beneath.")
        except Invalid as fault:
            _report(import_id, "reading", state="failed", fault=fault.sentence)
            db.session.commit()
            return
        written, opted_out = _compare(import_id, staged, counts, should_stop)
    _report(import_id, "reading", percent=99)
    db.session.commit()
    share(import_id, STAGED, staged_path(import_id), utc_now())
    _report(
        import_id, "reading", state="ready", percent=100, rows=counts.rows, empty=counts.empty, people=counts.people,
        duplicates=counts.duplicates, refused=counts.refused, added=written.added, changed=written.changed,
        unchanged=written.unchanged, kept_refusals=written.kept_refusals, opted_out=opted_out,
    )  # fmt: skip
    db.session.commit()


def _compare(
    import_id: UUID, staged: StagedCustomers, counts: ReadCounts, should_stop: Callable[[], bool]
) -> tuple[Written, int]:
    """What writing would do, and how many of the people may not be written to. Only reads."""
    written, opted_out, every = Written(), 0, _Every(1.0)
    for chunk in staged.chunks(COMPARED_AT_ONCE):
        with reading():
            write_chunk("", chunk, utc_now(), written, dry_run=True)
            opted_out += _not_to_be_written_to([customer.phone_number for customer in chunk])
            db.session.rollback()
        if should_stop():
            raise _Stopped
        if every.is_over():
            share = chunk[-1].place / max(1, counts.people)
            _report(import_id, "reading", percent=READ_PERCENT + int((99 - READ_PERCENT) * min(1.0, share)))
            db.session.commit()
    return written, opted_out


def _not_to_be_written_to(numbers: list[str]) -> int:
    """How many of the numbers have an opt-out that holds, or belong to somebody who said no."""
    held = select(OptOut.phone_number).where(OptOut.phone_number.in_(numbers), OptOut.lifted_at.is_(None))
    said_no = select(Customer.phone_number).where(
        Customer.phone_number.in_(numbers), Customer.opted_in.is_(False)
    )
    return len({*db.session.scalars(held), *db.session.scalars(said_no)})


def _write(import_id: UUID, should_stop: Callable[[], bool]) -> None:
    one = _look(import_id)
    on_sqlite = db.engine.dialect.name == "sqlite"
    _fetch(import_id, STAGED, staged_path(import_id))
    with StagedCustomers(staged_path(import_id)) as staged:
        for chunk in staged.chunks(WRITTEN_AT_ONCE, after=one.written):
            if should_stop():
                raise _Stopped
            began = time.monotonic()
            _write_and_commit(one, chunk)
            # Its lock is not fair: leave as much time as was taken, so that whoever waits comes in
            if on_sqlite:
                time.sleep(max(0.02, time.monotonic() - began))
    now = utc_now()
    _report(import_id, "writing", state="done", percent=100, finished_at=now)
    one = db.session.get(CustomerImport, import_id, populate_existing=True)
    names = ("added", "changed", "unchanged", "duplicates", "refused")
    details = {"file": one.file_name, **{name: getattr(one, name) for name in names}}
    audit.record(one.confirmed_by, "customers.imported", "import", import_id, details, now)
    forget_files(import_id, UPLOAD)
    db.session.commit()


def _write_and_commit(one: Row, chunk: list[StagedCustomer]) -> None:
    """The customers of a chunk and how far it came stand or fall together: after a crash nobody is counted twice."""
    written, now = Written(), utc_now()
    try:
        hold_other_lists()
        write_chunk(one.file_name, chunk, now, written)
        done = {
            name: getattr(CustomerImport, name) + getattr(written, name)
            for name in ("added", "changed", "unchanged", "kept_refusals")
        }
        place = chunk[-1].place
        percent = min(99, 100 * place // max(1, one.people))
        _report(one.id, "writing", written=place, percent=percent, **done)
        db.session.commit()
    except (Conflict, OperationalError):
        db.session.rollback()  # somebody else holds the customers: the next step tries again
        raise _Stopped from None


def _look(import_id: UUID) -> Row:
    """What there is to know of the import before the work begins."""
    with reading():
        one = db.session.execute(select(*_KNOWN).where(CustomerImport.id == import_id)).one()
        db.session.rollback()
    return one


class _Every:
    """True at most once in so many seconds."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._last = time.monotonic()

    def is_over(self) -> bool:
        if time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True
