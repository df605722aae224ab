"""How a customer file is laid out: its columns with samples, what each is taken for, and what staff choose instead."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from campaign_app.domain.customer_header import (
    MOST_COLUMNS,
    NAMES,
    Header,
    free_attribute_name,
    guess_fields,
    is_header,
)
from campaign_app.domain.customer_values import LONGEST_ATTRIBUTE_NAME, clean_text
from campaign_app.domain.delimited_text import LOOKED_AT_FOR_HEADER, Row
from campaign_app.domain.errors import Invalid
from campaign_app.domain.formula_guard import unguard
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.plain_text import one_line, shortened

DETAIL, LEFT_OUT = "attribute", "ignore"
SAMPLES = 3  # values of each column
LONGEST_SAMPLE = 40
REFUSED_PREFIX = "refused: "  # of the columns that the list of refused rows adds

FIELD_LABELS = {
    "phone_number": "Phone number",
    "name": "Name",
    "first_name": "First name",
    "last_name": "Last name",
    "customer_tier": "Tier",
    "location": "Location",
    "language": "Language",
    "tags": "Tags",
    "opted_in": "Consent to messages (yes or no)",
    "opted_out": "Does not want messages (yes or no)",
    DETAIL: "A detail of its own",
    LEFT_OUT: "Leave it out",
}


@dataclass(frozen=True)
class Layout:
    """`header_line` is the line with the names, None where the file has none. `samples`: values of each column."""

    header_line: int | None
    names: list[str]
    samples: list[list[str]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The same for files with the same columns in the same order."""
        named = self.names if self.header_line is not None else [len(self.names)]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()


@dataclass(frozen=True)
class ColumnUse:
    """What a column is taken for: a key of FIELD_LABELS, and for a detail its name."""

    field: str
    name: str = ""


def look_at(rows: Iterable[Row], default_country: str | None) -> Layout:
    """The layout of the file behind `rows`, of which only the first are read. Raises Invalid where there is none."""
    filled = (row for row in rows if any(cell.strip() for cell in row.cells))
    first = list(islice(filled, LOOKED_AT_FOR_HEADER + SAMPLES))
    if not first:
        raise Invalid("The file is empty.")
    looked_at = first[:LOOKED_AT_FOR_HEADER]
    place = next((place for place, row in enumerate(looked_at) if is_header(_cells(row))), None)
    if place is None and not any(_is_number(cell, default_country) for cell in first[0].cells):
        place = 0  # names, though none that says "phone number"
    header = first[place] if place is not None else None
    body = first[place + 1 :] if place is not None else first
    names = [clean_text(cell) for cell in _cells(header)] if header else []
    while names and not names[-1]:
        names.pop()
    width = len(names) or max(len(row.cells) for row in body)
    if width > MOST_COLUMNS:
        raise Invalid(f"The file has {width:,} columns; at most {MOST_COLUMNS} can be read.")
    names = [
        (names[index] if index < len(names) else "")[:LONGEST_ATTRIBUTE_NAME] or f"column {index + 1}"
        for index in range(width)
    ]
    samples = [
        [
            shortened(one_line(row.cells[index]), LONGEST_SAMPLE)
            for row in body
            if index < len(row.cells) and row.cells[index].strip()
        ][:SAMPLES]
        for index in range(width)
    ]
    return Layout(header.line if header else None, names, samples)


def guess(layout: Layout, default_country: str | None) -> list[ColumnUse]:
    """What each column is most probably, by its name; the numbers of an unnamed column by what stands in it."""
    fields = {place: field for field, place in guess_fields(layout.names).items()}
    if "phone_number" not in fields.values():
        for place, samples in enumerate(layout.samples):
            if samples and all(_is_number(sample, default_country) for sample in samples):
                fields[place] = "phone_number"
                break
    uses, taken = [], set()
    for place, name in enumerate(layout.names):
        if place in fields:
            uses.append(ColumnUse(fields[place], name))
        elif name.startswith(REFUSED_PREFIX):
            uses.append(ColumnUse(LEFT_OUT, name))
        else:
            free = free_attribute_name(name, taken)
            taken.add(free)
            uses.append(ColumnUse(DETAIL, free))
    return uses


def header_of(uses: list[ColumnUse]) -> Header:
    """How rows are read under `uses`. Raises Invalid where no column or two hold the same."""
    fields: dict[str, int] = {}
    attributes: dict[int, str] = {}
    for place, use in enumerate(uses):
        if use.field == DETAIL:
            name = clean_text(use.name)[:LONGEST_ATTRIBUTE_NAME]
            if not name:
                raise Invalid(f"Column {place + 1}: give the detail a name.")
            if name in attributes.values():
                raise Invalid(f"Two columns are details called “{name}”: give one of them another name.")
            attributes[place] = name
        elif use.field != LEFT_OUT:
            if use.field not in NAMES:
                raise Invalid(f"Column {place + 1}: choose what it holds.")
            if use.field in fields:
                raise Invalid(
                    f"Two columns are chosen as “{FIELD_LABELS[use.field]}”: choose one, and keep the other as a detail."
                )
            fields[use.field] = place
            if use.field in ("first_name", "last_name") and use.name:
                attributes[place] = free_attribute_name(use.name, set(attributes.values()))
    if "phone_number" not in fields:
        raise Invalid("Choose the column that holds the phone numbers.")
    if "name" in fields and ("first_name" in fields or "last_name" in fields):
        raise Invalid("Choose either the whole name, or first and last name.")
    return Header(len(uses), fields, attributes)


def uses_from_json(stored: list[Mapping[str, str]]) -> list[ColumnUse]:
    return [ColumnUse(use["field"], use["name"]) for use in stored]


def uses_to_json(uses: list[ColumnUse]) -> list[dict[str, str]]:
    return [{"field": use.field, "name": use.name} for use in uses]


def _cells(row: Row) -> list[str]:
    return [unguard(cell) if cell[:1] == "'" else cell for cell in row.cells]


def _is_number(cell: str, default_country: str | None) -> bool:
    try:
        parse_phone(cell, default_country)
    except Invalid:
        return False
    return True
