"""Many numbers at once that must not be written to: from a file or a pasted list, in short transactions of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import dropwhile, islice
from typing import BinaryIO

from sqlalchemy import text

from campaign_app.domain.customer_layout import guess, look_at
from campaign_app.domain.delimited_text import Row
from campaign_app.domain.errors import Invalid
from campaign_app.domain.ids import new_id
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.plain_text import one_line, shortened
from campaign_app.extensions import db
from campaign_app.models.opt_out import OptOut
from campaign_app.services import audit
from campaign_app.services.counters import insert_for
from campaign_app.services.customer_reading import rows_of

AT_ONCE = 1000
MOST_LISTED = 200


@dataclass
class Suppressed:
    """added + known + refused = the rows read; `known` were on our list already, or came twice."""

    added: int = 0
    known: int = 0
    refused: int = 0
    refused_rows: list[tuple[int, str, str]] = field(default_factory=list)  # line, cell, reason


def suppress_file(
    file: BinaryIO, default_country: str | None, reason: str | None, actor: str, now: datetime
) -> Suppressed:
    """Put every number of a CSV or XLSX file on our own list. Raises Invalid where the file as a whole cannot be read."""
    layout = look_at(rows_of(file), default_country)
    uses = guess(layout, default_country)
    place = next((place for place, use in enumerate(uses) if use.field == "phone_number"), None)
    if place is None:
        raise Invalid("No column with phone numbers was found. Call the right one phone_number.")
    rows: Iterable[Row] = rows_of(file)
    if layout.header_line is not None:
        rows = dropwhile(lambda row: row.line <= layout.header_line, rows)
    cells = (
        (row.line, row.cells[place] if place < len(row.cells) else "")
        for row in rows
        if any(cell.strip() for cell in row.cells)
    )
    return _suppress(cells, default_country, reason, actor, now)


def suppress_text(
    pasted: str, default_country: str | None, reason: str | None, actor: str, now: datetime
) -> Suppressed:
    """The same for numbers that were pasted, one on each line."""
    lines = ((place, line) for place, line in enumerate(pasted.splitlines(), 1) if line.strip())
    return _suppress(lines, default_country, reason, actor, now)


def _suppress(
    cells: Iterator[tuple[int, str]], default_country: str | None, reason: str | None, actor: str, now: datetime
) -> Suppressed:  # fmt: skip
    done = Suppressed()
    while chunk := list(islice(cells, AT_ONCE)):
        rows = {}
        for line, cell in chunk:
            try:
                number = parse_phone(cell, default_country)
            except Invalid as fault:
                done.refused += 1
                if len(done.refused_rows) < MOST_LISTED:
                    done.refused_rows.append((line, shortened(one_line(cell), 60), fault.sentence))
                continue
            done.known += number in rows
            rows[number] = {
                "id": new_id(), "phone_number": number, "kind": "ours", "reason": reason, "recorded_by": actor[:254],
                "opted_out_at": now, "created_at": now,
            }  # fmt: skip
        added = _insert(list(rows.values()))
        done.added += added
        done.known += len(rows) - added
        db.session.commit()
    counts = {"added": done.added, "known": done.known, "refused": done.refused}
    audit.record(actor, "opt_outs.imported", "opt_outs", None, counts, now)
    db.session.commit()
    return done


def _insert(rows: list[dict]) -> int:
    """How many of the rows did not hold before."""
    if not rows:
        return 0
    held = {"index_elements": ["phone_number", "kind"], "index_where": text("lifted_at IS NULL")}
    insert = insert_for(OptOut.__table__).values(rows).on_conflict_do_nothing(**held)
    return len(db.session.scalars(insert.returning(OptOut.id)).all())
