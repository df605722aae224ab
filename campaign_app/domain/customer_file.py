"""A customer file read row by row: cleaned customers, refused rows with their reason, and empty lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from campaign_app.domain.customer_header import Header, is_header, read_header
from campaign_app.domain.customer_values import (
    TEXT_COLUMNS,
    clean_attribute,
    clean_column,
    clean_tags,
    clean_text,
    parse_consent,
)
from campaign_app.domain.delimited_text import LOOKED_AT_FOR_HEADER, Row
from campaign_app.domain.errors import Invalid
from campaign_app.domain.formula_guard import unguard
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.plain_text import one_line, shortened

MOST_ROWS = 1_000_000
LONGEST_SHOWN = 60  # characters of a refused value

_clean_column = lru_cache(10_000)(clean_column)  # tiers, places and languages come again and again

_BLANK = " \t\n\r\f\0\x1a\ufeff\u00a0"


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`values`: phone_number and only what the row says: an empty cell says nothing."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """`value` is the cell that is wrong, or what the row begins with, shortened; `place` is its column, from 0."""

    line: int
    value: str
    reason: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class EmptyRow:
    line: int


def read_customers(
    rows: Iterable[Row], default_country: str | None
) -> Iterator[CustomerRow | RefusedRow | EmptyRow]:
    """Read the rows below the header. Raises Invalid where the file as a whole cannot be read."""
    rows = iter(rows)
    header = find_header(rows)
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise Invalid(f"The file has more than {MOST_ROWS:,} rows: divide it into smaller ones.")
        yield read_row(row, header, default_country)


def read_row(row: Row, header: Header, default_country: str | None) -> CustomerRow | RefusedRow | EmptyRow:
    if not any(cell.strip(_BLANK) for cell in row.cells):
        return EmptyRow(row.line)
    return _read_row(row, header, default_country)


def find_header(rows: Iterator[Row]) -> Header:
    """The first row that names a column of numbers; lines above it, such as a title, are passed over."""
    first: list[str] | None = None
    looked_at = 0
    for row in rows:
        if not any(cell.strip(_BLANK) for cell in row.cells):
            continue
        cells = _unguarded(row.cells)
        if is_header(cells):
            return read_header(cells)
        first = first or cells
        looked_at += 1
        if looked_at == LOOKED_AT_FOR_HEADER:
            break
    if first is None:
        raise Invalid("The file is empty.")
    return read_header(first)


def _unguarded(cells: list[str]) -> list[str]:
    return [unguard(cell) if cell[:1] == "'" else cell for cell in cells]


def _read_row(row: Row, header: Header, default_country: str | None) -> CustomerRow | RefusedRow:
    cells = _unguarded(row.cells)
    beyond = [cell for cell in cells[header.width :] if cell.strip(_BLANK)]
    if beyond:
        reason = f"The row has more values than the {header.width} columns: a separator inside a value needs quotes."
        return RefusedRow(row.line, _shown(beyond[0]), reason)
    cells += [""] * (header.width - len(cells))
    broken = next((place for place, cell in enumerate(cells) if "\ufffd" in cell), None)
    if broken is not None:
        reason = "There are signs here that cannot be read: save the file as UTF-8."
        return RefusedRow(row.line, _shown(cells[broken]), reason, broken)
    phone_place = header.fields["phone_number"]
    number = cells[phone_place]
    try:
        phone_number = parse_phone(number, default_country)
    except Invalid as error:
        if number.strip(_BLANK):
            return RefusedRow(row.line, _shown(number), error.sentence, phone_place)
        shown = next(chain((cell for cell in cells if cell.strip(_BLANK)), [""]))
        return RefusedRow(row.line, _shown(shown), error.sentence)
    values: dict[str, Any] = {"phone_number": phone_number}
    for field, place in header.fields.items():
        if field != "phone_number" and cells[place].strip(_BLANK):
            try:
                _take(values, field, cells[place])
            except Invalid as error:
                return RefusedRow(row.line, _shown(cells[place]), f"{field}: {error.sentence}", place)
    _join_names(values)
    attributes = {}
    for place, name in header.attributes.items():
        try:
            value = clean_attribute(cells[place])
        except Invalid as error:
            return RefusedRow(row.line, _shown(cells[place]), f"{name}: {error.sentence}", place)
        if value is not None:
            attributes[name] = value
    if attributes:
        values["attributes"] = attributes
    return CustomerRow(row.line, values)


def _take(values: dict[str, Any], field: str, cell: str) -> None:
    """Put what `cell` says about `field` into `values`. Raises Invalid."""
    if field in TEXT_COLUMNS:
        value: Any = _clean_column(field, cell)
    elif field == "tags":
        value = clean_tags(cell) or None
    elif field == "opted_in":
        value = parse_consent(cell)
    elif field == "opted_out":
        # "no" there is no consent either
        field, value = "opted_in", False if parse_consent(cell) else None
    else:
        value = clean_text(cell) or None
    if value is not None and values.get(field) is not False:
        values[field] = value


def _join_names(values: dict[str, Any]) -> None:
    parts = [values.pop(field, None) for field in ("first_name", "last_name")]
    whole = " ".join(part for part in parts if part)
    if whole:
        values["name"] = shortened(whole, TEXT_COLUMNS["name"])


def _shown(cell: str) -> str:
    return shortened(one_line(cell), LONGEST_SHOWN)
