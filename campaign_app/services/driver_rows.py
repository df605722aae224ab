"""Many rows at once by the driver's own statements: what SQLAlchemy does around each row costs more than the row.

Values are in stored form: as the driver takes and gives them. Ids are text on both databases; instants are text on SQLite,
which sorts as they do, and aware datetimes on PostgreSQL.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Column, CursorResult, Date, Integer, Table, Uuid
from sqlalchemy.types import TypeEngine

from campaign_app.extensions import db
from campaign_app.models.types import UtcDateTime

_ARRAYS: dict[type[TypeEngine], str] = {
    Uuid: "uuid[]",
    UtcDateTime: "timestamptz[]",
    Integer: "integer[]",
    Boolean: "boolean[]",
    Date: "date[]",
}


class StoredForm(NamedTuple):
    """How to make stored values, and how to read them."""

    of_id: Callable[[UUID], str]
    of_instant: Callable[[datetime], Any]
    shown_id: Callable[[str], str]  # as people know it
    of_shown_id: Callable[[str], str]
    minute: Callable[[Any], Any]  # of an instant; None for None
    instant: Callable[[Any], datetime]

    def of(self, value: Any) -> Any:
        """The stored form of an id, an instant, a day, a text, a number or None."""
        if isinstance(value, UUID):
            return self.of_id(value)
        if isinstance(value, datetime):
            return self.of_instant(value)
        return value.isoformat() if isinstance(value, date) else value


def stored_form() -> StoredForm:
    """That of the database in use. Asked for once, not for each value."""
    return _ON_SQLITE if is_sqlite() else _ON_POSTGRESQL


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def among(ids: Collection[str]) -> tuple[str, Any]:
    """The condition that a column of ids is one of these, to be put behind its name, and its one parameter."""
    if is_sqlite():
        return "IN (SELECT value FROM json_each(?))", json.dumps(list(ids))
    return "= ANY(?::uuid[])", list(ids)


def read_rows(statement: str, *parameters: Any) -> list[tuple]:
    """The rows of a statement that stands for both databases, with `?` for each parameter."""
    return _run(statement, parameters).all()


def change_rows(statement: str, *parameters: Any) -> int:
    """Run such a statement. Returns how many rows it changed."""
    return _run(statement, parameters).rowcount


def write_changes(
    table: Table, changes: Iterable[tuple[str, dict[str, Any]]], now: datetime, still: str | None = None
) -> int:
    """Set columns of the rows with these ids: (id, column → value). Those with the same columns are written together.

    still: only rows whose status this is as yet. Returns how many rows were changed.
    """
    together = defaultdict(list)
    at = stored_form().of_instant(now)
    for id_, change in changes:
        together[tuple(change)].append((*change.values(), at, id_))
    return sum(
        _execute_many(_update(table, columns, still, is_sqlite()), rows) for columns, rows in together.items()
    )


def insert_new(table: Table, columns: tuple[str, ...], rows: Sequence[tuple]) -> None:
    """Insert the rows whose key is not there yet."""
    if rows:
        _execute_many(f"{_insert(table, columns, is_sqlite())} ON CONFLICT DO NOTHING", rows)


def insert_all(table: Table, columns: tuple[str, ...], rows: Sequence[tuple]) -> None:
    """Insert the rows, whose keys are new. Raises IntegrityError where one is not."""
    if rows:
        _execute_many(_insert(table, columns, is_sqlite()), rows)


def _run(statement: str, parameters: tuple) -> CursorResult:
    marked = statement if is_sqlite() else statement.replace("?", "%s")
    return db.session.connection().exec_driver_sql(marked, parameters)


def _execute_many(statement: str, rows: Sequence[tuple]) -> int:
    given = rows if is_sqlite() else tuple(map(list, zip(*rows, strict=True)))
    return db.session.connection().exec_driver_sql(statement, given).rowcount


@cache
def _update(table: Table, columns: tuple[str, ...], still: str | None, sqlite: bool) -> str:
    names = (*columns, "updated_at")
    guard = "" if still is None else f" AND {table.name}.status = '{still}'"
    if sqlite:
        sets = ", ".join(f"{name} = ?" for name in names)
        return f"UPDATE {table.name} SET {sets} WHERE id = ?{guard}"  # noqa: S608 - names of ours
    sets = ", ".join(f"{name} = new.{name}" for name in names)
    source = _unnested(table, (*names, "id"))
    return f"UPDATE {table.name} SET {sets} FROM {source} WHERE {table.name}.id = new.id{guard}"  # noqa: S608


@cache
def _insert(table: Table, columns: tuple[str, ...], sqlite: bool) -> str:
    values = f"VALUES ({', '.join('?' * len(columns))})"
    rows = values if sqlite else f"SELECT * FROM {_unnested(table, columns)}"  # noqa: S608
    return f"INSERT INTO {table.name} ({', '.join(columns)}) {rows}"


def _unnested(table: Table, columns: Sequence[str]) -> str:
    arrays = ", ".join(f"%s::{_array_of(table.c[name])}" for name in columns)
    return f"unnest({arrays}) AS new({', '.join(columns)})"


def _array_of(column: Column) -> str:
    """text for every kind of text: a cast to varchar(20) would cut in silence what the column refuses."""
    return next((array for kind, array in _ARRAYS.items() if isinstance(column.type, kind)), "text[]")


def _instant_as_text(at: datetime) -> str:
    """With all six digits of the second, as SQLAlchemy writes them too."""
    return at.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _with_hyphens(id_: str) -> str:
    return f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"


_ON_SQLITE = StoredForm(
    of_id=lambda id_: id_.hex,
    of_instant=_instant_as_text,
    shown_id=_with_hyphens,
    of_shown_id=lambda shown: shown.replace("-", ""),
    minute=lambda text: text and text[:16],
    instant=lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
)
_ON_POSTGRESQL = StoredForm(
    of_id=str,
    of_instant=lambda at: at,
    shown_id=lambda id_: id_,
    of_shown_id=lambda shown: shown,
    minute=lambda at: at and at.replace(second=0, microsecond=0),
    instant=lambda at: at.astimezone(UTC),
)
