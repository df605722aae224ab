"""Customers from a file: every row that can be taken is taken, every other one is told with its line and reason."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from campaign_app.database import reading
from campaign_app.domain.customer_file import RefusedRow, find_header
from campaign_app.services.customer_reading import rows_of, stage_rows
from campaign_app.services.customer_writes import CHUNK, Written, hold_other_lists, write_customers
from campaign_app.services.staged_customers import DuplicateRow, StagedCustomer, StagedCustomers

MOST_LISTED = 100_000  # rows told one by one; all are counted


@dataclass
class ImportReport:
    """rows = added + changed + unchanged + duplicates + refused_count; empty lines are no rows.

    `kept_refusals`: customers whose recorded "no" stays, though the file says "yes".
    """

    source: str
    dry_run: bool
    rows: int = 0
    empty: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept_refusals: int = 0
    duplicates: int = 0
    refused_count: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    duplicate_rows: list[DuplicateRow] = field(default_factory=list)


def import_customers(
    file: BinaryIO, default_country: str | None, dry_run: bool, source: str, now: datetime
) -> ImportReport:
    """Read a CSV or XLSX file (it must be seekable) and write its customers; the caller commits.

    `source` is the name of the file. An empty cell never empties what is known, a "yes" never lifts a recorded "no",
    opt-outs are not touched. Raises Invalid, before anything is written, where the file as a whole cannot be read;
    Conflict while another list is being written. The whole file is read before the transaction begins.
    """
    report = ImportReport(source, dry_run)
    with StagedCustomers() as staged:
        _read(file, default_country, staged, report)
        if dry_run:
            with reading():  # nobody who writes has to wait
                written = _write(staged, source, now, dry_run)
        else:
            hold_other_lists()
            written = _write(staged, source, now, dry_run)
    report.added, report.changed, report.unchanged = written.added, written.changed, written.unchanged
    report.kept_refusals = written.kept_refusals
    return report


def _read(file: BinaryIO, default_country: str | None, staged: StagedCustomers, report: ImportReport) -> None:
    rows = rows_of(file)
    counts = stage_rows(rows, find_header(rows), default_country, staged)
    report.rows, report.empty, report.duplicates = counts.rows, counts.empty, counts.duplicates
    report.refused_count = counts.refused
    report.refused = [row for row, _ in staged.refused_rows(MOST_LISTED)]
    report.duplicate_rows = staged.duplicate_rows(MOST_LISTED)


def _write(staged: StagedCustomers, source: str, now: datetime, dry_run: bool) -> Written:
    written = Written()
    for chunk in staged.chunks(CHUNK):
        write_chunk(source, chunk, now, written, dry_run)
    return written


def write_chunk(
    source: str, chunk: list[StagedCustomer], now: datetime, written: Written, dry_run: bool = False
) -> None:
    """Write at most CHUNK staged customers of the file named `source`, or with `dry_run` only count them."""
    rows = {customer.phone_number: customer.values for customer in chunk}
    lines = {customer.phone_number: customer.line for customer in chunk}
    write_customers(rows, lambda number: line_source(source, lines[number]), now, written, dry_run)


def line_source(file_name: str, line: int) -> str:
    """Where a customer's values come from, as it is kept with the consent."""
    return f"{file_name[:170]}, line {line}"
