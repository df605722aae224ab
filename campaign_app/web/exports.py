"""CSV answers: streamed, readable by Excel, and safe to open there. The one place where CSV is written."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from flask import Response, stream_with_context

from campaign_app.database import reading
from campaign_app.domain.formula_guard import guard

_ROWS_AT_ONCE = 500


def csv_response(rows: Iterable[Sequence[Any]], header: Sequence[str], filename: str) -> Response:
    """`rows` as a download, one CSV line each; None becomes an empty cell.

    `rows` may be a generator that reads the database: it runs while the answer is sent, and only reads. It should
    end its transaction between its pages, since a slow reader may take long.
    """
    answer = Response(stream_with_context(_lines(iter(rows), header)), content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer


def _lines(rows: Iterator[Sequence[Any]], header: Sequence[str]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _written([header])  # the mark tells Excel that it is UTF-8
    while True:
        # never held across a yield: between two parts the thread may serve something else
        with reading():
            part = list(islice(rows, _ROWS_AT_ONCE))
        if not part:
            return
        yield _written(part)


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    return guard(value) if isinstance(value, str) else value
