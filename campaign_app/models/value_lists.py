"""`column IN (…)` with the whole list as one bind value: the statement stays the same however long the list is, and is
prepared once."""

import json
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, String, TypeDecorator, Uuid, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _ValueList(TypeDecorator):
    """A list of values: an array on PostgreSQL, a JSON array on SQLite."""

    impl = String
    cache_ok = True
    item = String()

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value, dialect):
        if dialect.name == "postgresql":
            return list(value)
        return json.dumps([one.hex if isinstance(one, UUID) else one for one in value])


class _TextList(_ValueList):
    cache_ok = True


class _IdList(_ValueList):
    cache_ok = True
    item = Uuid()


class _among(FunctionElement):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against=None):
        """As it stands: SQLAlchemy would write `(…) = 1` for SQLite, which no index serves."""
        return self


def is_among(column: ColumnElement, name: str) -> ColumnElement[bool]:
    """Whether `column`, of ids or of texts, has one of the values that are given as the bind value `name`: a collection."""
    kind = _IdList() if isinstance(column.type, Uuid) else _TextList()
    return _among(column, bindparam(name, type_=kind))


@compiles(_among, "sqlite")
def _in_sqlite(element, compiler, **options):
    column, values = element.clauses
    return f"{compiler.process(column, **options)} IN (SELECT value FROM json_each({compiler.process(values, **options)}))"  # noqa: S608 - no text but the compiler's


@compiles(_among, "postgresql")
def _in_postgresql(element, compiler, **options):
    column, values = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(values, **options)})"
