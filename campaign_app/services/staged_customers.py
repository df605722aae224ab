"""The customers of a file, kept on disk between reading and writing: memory does not grow with the file.

Reading takes long and needs no lock; what was read is then written in one short transaction.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from campaign_app.domain.customer_file import CustomerRow
from campaign_app.domain.customer_merge import merge_rows


@dataclass(frozen=True, slots=True)
class StagedCustomer:
    """`line` is that of the first row with the number, `values` those of all its rows, merged."""

    line: int
    values: dict[str, Any]


class StagedCustomers:
    """A private table on disk, gone when it is closed. Each number stands in it once, in the order of the file."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)  # "": a temporary file
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE staged (phone_number TEXT UNIQUE, line INTEGER, details TEXT)")

    def __enter__(self) -> "StagedCustomers":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def add(self, row: CustomerRow) -> int | None:
        """Keep a row; when its number came before, merge the two and return the line on which it first came."""
        number = row.values["phone_number"]
        insert = "INSERT OR IGNORE INTO staged VALUES (?, ?, ?)"
        if self._connection.execute(insert, (number, row.line, json.dumps(row.values))).rowcount:
            return None
        question = "SELECT line, details FROM staged WHERE phone_number = ?"
        line, details = self._connection.execute(question, (number,)).fetchone()
        merged = json.dumps(merge_rows(json.loads(details), row.values))
        self._connection.execute("UPDATE staged SET details = ? WHERE phone_number = ?", (merged, number))
        return line

    def chunks(self, size: int) -> Iterator[list[StagedCustomer]]:
        """All customers, at most `size` at a time."""
        rows = self._connection.execute("SELECT line, details FROM staged ORDER BY rowid")
        while chunk := rows.fetchmany(size):
            yield [StagedCustomer(line, json.loads(details)) for line, details in chunk]
