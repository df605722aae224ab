"""The columns and free attributes of a customer as SQL text, alike on SQLite and PostgreSQL."""

import re
from collections.abc import Callable

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    String,
    Text,
    and_,
    case,
    cast,
    collate,
    exists,
    func,
    literal,
    or_,
    select,
)

from campaign_app.domain.letter_case import capitals
from campaign_app.extensions import db

# The value of an attribute is taken for a number or a day only where it is plainly one.
_NUMBER = r"^-?[0-9]{1,15}([.][0-9]{1,10})?$"
_FEW = 10**10
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_ -]+")  # SQLite's paths find every such name
_DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ].*)?$"


def on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def attribute_text(customer, name: str) -> ColumnElement[str | None]:
    """The free attribute `name` of `customer` (the model or an alias) as text, NULL where there is none.

    Not by a JSON path: SQLite's paths find no name with an accent or a quotation mark in it. See `_plain_attribute` for others.
    """
    if on_postgresql():
        return customer.attributes.op("->>", return_type=Text)(literal(name, String))
    pairs, value = _pairs(customer)
    return select(value).where(pairs.c.key == name).scalar_subquery()


def attribute_matches(
    customer, name: str, holds: Callable[[ColumnElement[str]], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Whether the attribute is there and `holds` of its text; on SQLite it is looked up but once for all of that."""
    if on_postgresql():
        return holds(attribute_text(customer, name))
    if _PLAIN_NAME.fullmatch(name):
        return holds(_plain_attribute(customer, name))
    pairs, value = _pairs(customer)
    return exists(select(1).select_from(pairs).where(pairs.c.key == name, holds(value)))


def short_number(customer, name: str) -> tuple[ColumnElement[bool], ColumnElement[float]] | None:
    """Whether the attribute is a number of few digits, known without looking at its signs, and that number; None where nothing
    tells."""
    if on_postgresql():
        text = attribute_text(customer, name)
        is_number_there = func.jsonb_typeof(customer.attributes.op("->")(literal(name, String))) == "number"
        return and_(is_number_there, func.length(text) <= 10), cast(text, Double)
    if not _PLAIN_NAME.fullmatch(name):
        return None
    path = f'$."{name}"'
    value = func.json_extract(customer.attributes, path)
    is_whole = func.json_type(customer.attributes, path) == "integer"
    return and_(is_whole, value.between(-_FEW, _FEW)), value


def _plain_attribute(customer, name: str) -> ColumnElement[str | None]:
    """SQLite: by a path, several times quicker than looking through all of them."""
    path = f'$."{name}"'
    value, kind = func.json_extract(customer.attributes, path), func.json_type(customer.attributes, path)
    return case((kind == "true", "true"), (kind == "false", "false"), else_=cast(value, Text))


def _pairs(customer) -> tuple[FromClause, ColumnElement[str]]:
    """SQLite: the attributes as rows, and their values as text."""
    pairs = func.json_each(customer.attributes).table_valued("key", "value", "type", joins_implicitly=True)
    words = ((pairs.c.type == "true", "true"), (pairs.c.type == "false", "false"))
    return pairs, case(*words, else_=cast(pairs.c.value, Text))


def attribute_names(customer) -> tuple[FromClause, ColumnElement[str]]:
    """The names of the attributes of `customer`, a row each: what to select from, and the name's column."""
    if on_postgresql():
        names = func.jsonb_each(customer.attributes).table_valued("key", joins_implicitly=True)
    else:
        names = func.json_each(customer.attributes).table_valued("key", joins_implicitly=True)
    return names, names.c.key


def tag_rows(customer) -> tuple[FromClause, ColumnElement[str]]:
    """The tags of `customer`, a row each: what to select from, and the tag's column."""
    if on_postgresql():
        tags = func.jsonb_array_elements_text(customer.tags).table_valued("value", joins_implicitly=True)
    else:
        tags = func.json_each(customer.tags).table_valued("value", joins_implicitly=True)
    return tags, tags.c.value


def folded(text: ColumnElement[str]) -> ColumnElement[str]:
    """`text` with A to Z as a to z and nothing else changed, in every locale."""
    return func.lower(collate(text, "C")) if on_postgresql() else func.lower(text)


def is_any_of(text: ColumnElement[str], values: list[str]) -> ColumnElement[bool]:
    """Whether `text` equals one of `values` in any case; `values` are folded (domain.letter_case)."""
    if on_postgresql():
        return _all_folded(text, values).in_(values)
    plain = [value for value in values if value.isascii()]
    conditions = [text.bool_op("GLOB")(_glob(value)) for value in values if not value.isascii()]
    if plain:
        conditions.append(folded(text).in_(plain))
    return or_(*conditions)


def contains_any_of(text: ColumnElement[str], parts: list[str]) -> ColumnElement[bool]:
    """Whether one of `parts`, which are folded, stands in `text` in any case."""
    if on_postgresql():
        return or_(*(func.strpos(_all_folded(text, parts), part) > 0 for part in parts))
    return or_(
        *(
            func.instr(folded(text), part) > 0 if part.isascii() else text.bool_op("GLOB")(f"*{_glob(part)}*")
            for part in parts
        )
    )


def is_number(text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether `text` is a plain number such as -12.50: no exponent, no thousands separators."""
    if on_postgresql():
        return text.regexp_match(_NUMBER)
    unsigned = case((text.bool_op("GLOB")("-*"), func.substr(text, 2)), else_=text)
    whole = case(
        (func.instr(unsigned, ".") > 0, func.substr(unsigned, 1, func.instr(unsigned, ".") - 1)),
        else_=unsigned,
    )
    fraction = case(
        (func.instr(unsigned, ".") > 0, func.substr(unsigned, func.instr(unsigned, ".") + 1)), else_="0"
    )
    return and_(_digits(whole, 15), _digits(fraction, 10))


def is_day(text: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether `text` begins with a day such as 2026-01-31, alone or with a time behind it."""
    if on_postgresql():
        return text.regexp_match(_DAY)
    return and_(
        text.bool_op("GLOB")("[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*"),
        func.substr(text, 6, 2).between("01", "12"),
        func.substr(text, 9, 2).between("01", "31"),
        or_(func.length(text) == 10, func.substr(text, 11, 1).in_(["T", " "])),
    )


def day_of(text: ColumnElement[str]) -> ColumnElement[str]:
    """The day with which `text` begins, compared sign by sign in every locale."""
    day = func.substr(text, 1, 10)
    return collate(day, "C") if on_postgresql() else day


def _digits(text: ColumnElement[str], most: int) -> ColumnElement[bool]:
    return and_(func.length(text).between(1, most), ~text.bool_op("GLOB")("*[^0-9]*"))


def _all_folded(text: ColumnElement[str], values: list[str]) -> ColumnElement[str]:
    """`folded`, with the capitals of the letters of `values` besides: others would not match anyway."""
    letters = sorted(
        {sign for value in values if not value.isascii() for sign in value if not sign.isascii()}
    )
    pairs = [(capital, letter) for letter in letters for capital in capitals(letter)]
    if not pairs:
        return folded(text)
    return func.translate(folded(text), "".join(a for a, _ in pairs), "".join(b for _, b in pairs))


def _glob(value: str) -> str:
    """A GLOB pattern that matches `value` in any case.

    >>> _glob("são*")
    '[sS][ãÃ][oO][*]'
    """
    signs = []
    for sign in value:
        upper = capitals(sign)
        signs.append(f"[{sign}{upper}]" if upper or sign in "*?[" else sign)
    return "".join(signs)
