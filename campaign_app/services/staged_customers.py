"""The rows of a customer file, kept on disk between reading and writing: memory does not grow with the file.

Reading takes long and needs no lock; what was read is then written in short transactions.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from campaign_app.domain.customer_file import RefusedRow
from campaign_app.domain.customer_merge import merge_rows

_TABLES = (
    "CREATE TABLE staged (place INTEGER PRIMARY KEY, phone_number TEXT UNIQUE, line INTEGER, details TEXT)",
    "CREATE TABLE refused (line INTEGER, place INTEGER, value TEXT, reason TEXT, cells TEXT)",
    "CREATE TABLE duplicates (line INTEGER, first_line INTEGER, phone_number TEXT)",
)


@dataclass(frozen=True, slots=True)
class StagedCustomer:
    """`line` is that of the first row with the number, `values` those of all its rows, merged, as a JSON object. `place`
    counts from 1."""

    place: int
    line: int
    phone_number: str
    values: str


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A row whose number stood before in the file, on `first_line`: the two became one customer."""

    line: int
    first_line: int
    phone_number: str


class StagedCustomers:
    """A private database on disk: each number once, in the order of the file, and the rows that were refused or merged.

    Without `path` it is gone when it is closed; with one it stays, and opening it again goes on with what is there.
    """

    def __init__(self, path: Path | None = None) -> None:
        is_new = path is None or not path.exists()
        if path is not None and is_new:
            path.touch(mode=0o600)
        self._connection = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -8000"):
            self._connection.execute(f"PRAGMA {pragma}")
        if is_new:
            for table in _TABLES:
                self._connection.execute(table)

    def __enter__(self) -> "StagedCustomers":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def begin(self) -> None:
        """Collect what follows in one step, until `keep`."""
        self._connection.execute("BEGIN")

    def keep(self) -> None:
        self._connection.execute("COMMIT")

    def add(self, line: int, phone_number: str, details: str) -> int | None:
        """Keep a row, whose values come as JSON; when its number came before, merge the two and return the line on which
        it first came."""
        insert = "INSERT OR IGNORE INTO staged (phone_number, line, details) VALUES (?, ?, ?)"
        if self._connection.execute(insert, (phone_number, line, details)).rowcount:
            return None
        question = "SELECT line, details FROM staged WHERE phone_number = ?"
        first_line, known = self._connection.execute(question, (phone_number,)).fetchone()
        merged = json.dumps(merge_rows(json.loads(known), json.loads(details)))
        self._connection.execute(
            "UPDATE staged SET details = ? WHERE phone_number = ?", (merged, phone_number)
        )
        self._connection.execute("INSERT INTO duplicates VALUES (?, ?, ?)", (line, first_line, phone_number))
        return first_line

    def refuse(self, row: RefusedRow, cells: list[str]) -> None:
        """Keep a row that cannot be taken, with its cells as they stand in the file."""
        values = (row.line, row.place, row.value, row.reason, json.dumps(cells))
        self._connection.execute("INSERT INTO refused VALUES (?, ?, ?, ?, ?)", values)

    def chunks(self, size: int, after: int = 0) -> Iterator[list[StagedCustomer]]:
        """The customers behind the place `after`, at most `size` at a time."""
        question = (
            "SELECT place, line, phone_number, details FROM staged WHERE place > ? ORDER BY place LIMIT ?"
        )
        while rows := self._connection.execute(question, (after, size)).fetchall():
            yield [StagedCustomer(*row) for row in rows]
            after = rows[-1][0]

    def refused_rows(self, most: int = -1) -> Iterator[tuple[RefusedRow, list[str]]]:
        """The refused rows with their cells, in the order of the file; all of them where `most` is -1."""
        question = "SELECT line, value, reason, place, cells FROM refused ORDER BY line LIMIT ?"
        for *fields, cells in self._connection.execute(question, (most,)):
            yield RefusedRow(*fields), json.loads(cells)

    def duplicate_rows(self, most: int = -1) -> list[DuplicateRow]:
        question = "SELECT line, first_line, phone_number FROM duplicates ORDER BY line LIMIT ?"
        return [DuplicateRow(*row) for row in self._connection.execute(question, (most,))]
