"""Many rows of a customer file read at once, as plain tuples and texts: they go from one process to another."""

import json
import pickle
from typing import BinaryIO

from campaign_app.domain.customer_file import CustomerRow, RefusedRow, read_row
from campaign_app.domain.customer_header import Header
from campaign_app.domain.delimited_text import Row

# (line, phone number, values as JSON), (line, value, reason, place, cells) or (line,) of an empty line
ReadRow = tuple


def read_batch(
    rows: list[tuple[int, list[str]]], header: Header, default_country: str | None
) -> list[ReadRow]:
    """What became of each of the rows, which come as (line, cells)."""
    read: list[ReadRow] = []
    for line, cells in rows:
        row = read_row(Row(line, cells), header, default_country)
        if isinstance(row, CustomerRow):
            read.append((line, row.values["phone_number"], json.dumps(row.values)))
        elif isinstance(row, RefusedRow):
            read.append((line, row.value, row.reason, row.place, cells))
        else:
            read.append((line,))
    return read


def serve(asked: BinaryIO, answered: BinaryIO) -> None:
    """Read batches as another process asks for them, until it closes `asked`. First comes (header, default country)."""
    header, default_country = pickle.load(asked)  # noqa: S301 (written by our own process)
    while True:
        try:
            rows = pickle.load(asked)  # noqa: S301
        except EOFError:
            return
        pickle.dump(read_batch(rows, header, default_country), answered, pickle.HIGHEST_PROTOCOL)
        answered.flush()
