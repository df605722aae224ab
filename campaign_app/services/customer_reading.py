"""The rows of a customer file read into the staging table; long files by several processes at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from campaign_app.domain.customer_file import MOST_ROWS, RefusedRow
from campaign_app.domain.customer_header import Header, is_header
from campaign_app.domain.delimited_text import Row, delimited_rows
from campaign_app.domain.errors import Invalid
from campaign_app.domain.row_batches import ReadRow, read_batch
from campaign_app.services.row_readers import RowReaders
from campaign_app.services.spreadsheet import is_workbook, workbook_rows
from campaign_app.services.staged_customers import StagedCustomers

BATCH = 2000  # rows that a process is given at once
AHEAD = 4  # batches that wait for other processes: enough to keep them busy
ALONE = 10_000  # rows up to which no further process is started: that takes longer than they do


@dataclass
class ReadCounts:
    """rows = people + duplicates + refused; empty lines are no rows."""

    rows: int = 0
    empty: int = 0
    people: int = 0
    duplicates: int = 0
    refused: int = 0


def rows_of(file: BinaryIO) -> Iterator[Row]:
    """The rows of a CSV or XLSX file, known by its content. Raises Invalid."""
    return workbook_rows(file) if is_workbook(file) else delimited_rows(file, is_header)


def stage_rows(
    rows: Iterable[Row],
    header: Header,
    default_country: str | None,
    staged: StagedCustomers,
    progress: Callable[[ReadCounts], None] | None = None,
) -> ReadCounts:
    """Read `rows`, those below the header, into `staged`. `progress` is called after each batch, and may raise to stop.

    Raises Invalid where there are too many.
    """
    counts = ReadCounts()
    rows = iter(rows)
    first = list(islice(rows, ALONE))
    is_long = len(first) == ALONE
    with RowReaders(header, default_country) if is_long else nullcontext() as readers:
        for batch in _read(chain(first, rows), header, default_country, readers):
            staged.begin()
            for row in batch:
                _stage(row, staged, counts)
            staged.keep()
            if counts.rows > MOST_ROWS:
                raise Invalid(f"The file has more than {MOST_ROWS:,} rows: divide it into smaller ones.")
            if progress is not None:
                progress(counts)
    return counts


def _read(
    rows: Iterator[Row], header: Header, default_country: str | None, readers: RowReaders | None
) -> Iterator[list[ReadRow]]:
    """What became of each row, in the order of the file. A few batches are under way at a time: memory stays flat."""
    batches = iter(lambda: [(row.line, row.cells) for row in islice(rows, BATCH)], [])
    if readers is None:
        for batch in batches:
            yield read_batch(batch, header, default_country)
        return
    under_way: deque[Future] = deque()
    try:
        for batch in batches:
            if AHEAD <= len(under_way) < 2 * AHEAD and not under_way[0].done():
                # The others are still starting, or behind: better to read than to wait for them.
                under_way.append(_done(read_batch(batch, header, default_country)))
            else:
                under_way.append(readers.submit(batch))
            while under_way and (under_way[0].done() or len(under_way) > 2 * AHEAD):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _done(read: list[ReadRow]) -> Future:
    future: Future = Future()
    future.set_result(read)
    return future


def _stage(row: ReadRow, staged: StagedCustomers, counts: ReadCounts) -> None:
    if len(row) == 1:
        counts.empty += 1
        return
    counts.rows += 1
    if len(row) == 3:
        is_duplicate = staged.add(*row) is not None
        counts.duplicates += is_duplicate
        counts.people += not is_duplicate
    else:
        *refusal, cells = row
        staged.refuse(RefusedRow(*refusal), cells)
        counts.refused += 1
