"""Many rows, or many values, handed to the database as one JSON document: a bind value each costs the driver more than the
database needs for the work."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, Table, any_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from campaign_app.extensions import db
from campaign_app.services.customer_columns import on_postgresql


def is_one_of(column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN values`, however many they are."""
    if on_postgresql():
        return column == any_(bindparam(None, list(values), type_=ARRAY(String)))
    each = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(each.c.value))


def insert_many(
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    constants: Mapping[str, Any],
    conflict: str = "",
) -> int:
    """INSERT `rows`, whose values stand in the order of `columns`, and return how many were inserted.

    Values are what JSON knows: ids as 32 hexadecimal digits, JSON columns as text. `constants` are the same for every row.
    `conflict` is put behind, such as "ON CONFLICT DO NOTHING".
    """
    value = _postgresql_value if on_postgresql() else _sqlite_value
    each = (
        "jsonb_array_elements(CAST(:rows AS jsonb)) AS one(value)" if on_postgresql() else "json_each(:rows)"
    )
    picked = [value(table, name, place) for place, name in enumerate(columns)]
    statement = text(
        f"INSERT INTO {table.name} ({', '.join([*columns, *constants])}) "  # noqa: S608 (names of ours only)
        f"SELECT {', '.join([*picked, *(f':{name}' for name in constants)])} FROM {each} WHERE true {conflict}"
    )
    given = [bindparam(name, constant, type_=table.c[name].type) for name, constant in constants.items()]
    return db.session.execute(
        statement.bindparams(*given, rows=json.dumps(rows, ensure_ascii=False))
    ).rowcount


def _sqlite_value(_table: Table, _name: str, place: int) -> str:
    return f"json_extract(value, '$[{place}]')"


def _postgresql_value(table: Table, name: str, place: int) -> str:
    kind = table.c[name].type
    written = "JSONB" if isinstance(kind, JSON) else kind.compile(db.engine.dialect)
    return f"CAST(value ->> {place} AS {written})"
