"""The filter that says who is meant by a campaign: read, checked, and ready to be turned into SQL.

Keys are columns of a customer or free attributes; all must match. A value is one or a list (any of them), null
is "no value". An object asks more: {"not": …}, {"exists": true}, {"contains": "…"}, {"gte": 100},
{"lt": "2026-01-31"}; several must all hold. {"any": [filter, …]}, {"all": [filter, …]} and {"not": filter} make groups;
audience_behaviour.py holds what can be asked about the past.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from campaign_app.domain.audience_behaviour import (
    AddedOn,
    Behaviour,
    NeverContacted,
    is_behaviour,
    parse_behaviour,
)
from campaign_app.domain.customer_values import (
    COLUMNS,
    LONGEST_ATTRIBUTE_NAME,
    attribute_text,
    clean_attribute,
    clean_language,
    clean_text,
    parse_consent,
)
from campaign_app.domain.errors import Invalid
from campaign_app.domain.letter_case import fold
from campaign_app.domain.phone import parse_phone

COMPARISONS = ("gt", "gte", "lt", "lte")
MOST_VALUES = 500  # of one key
MOST_KEYS = 50
MOST_PARTS = 50  # of one group
DEEPEST = 5  # groups in groups

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Condition:
    """One thing that must hold of `key`.

    any_of, not: `operand` is a tuple of folded texts (for opted_in: booleans), None in it is "no value".
    exists: a boolean. contains: a tuple of folded texts, any of them. gt, gte, lt, lte: a float or YYYY-MM-DD.
    """

    key: str
    operator: str
    operand: Any

    @property
    def is_attribute(self) -> bool:
        return self.key not in COLUMNS


@dataclass(frozen=True)
class Group:
    """any: one of the `parts` holds; all: each of them; not: the one part does not."""

    kind: str
    parts: tuple["AudienceFilter", ...]


Question = Condition | Behaviour | NeverContacted | AddedOn | Group


@dataclass(frozen=True)
class AudienceFilter:
    """`everybody`, or those for whom all `conditions` hold; neither is nobody."""

    everybody: bool = False
    conditions: tuple[Question, ...] = ()


def parse_audience(target_audience: Mapping[str, Any] | None) -> AudienceFilter:
    """Read the JSON of a filter. Raises Invalid, naming the key, its fault and what is accepted.

    >>> parse_audience({"customer_tier": ["Gold", "platinum"]}).conditions
    (Condition(key='customer_tier', operator='any_of', operand=('gold', 'platinum')),)
    """
    if target_audience is None:
        return AudienceFilter()
    return _parse(target_audience, 0)


def _parse(audience: Any, depth: int) -> AudienceFilter:
    if not isinstance(audience, Mapping):
        raise _fault('The audience is an object such as {"customer_tier": ["gold"], "location": "Mumbai"}.')
    if "all" in audience and not _is_group("all", audience["all"]):
        if len(audience) > 1 or audience["all"] is not True:
            raise _fault('all: everybody is {"all": true} and nothing else.')
        return AudienceFilter(everybody=True)
    if len(audience) > MOST_KEYS:
        raise _fault(f"The audience has more than {MOST_KEYS} keys.")
    conditions: list[Question] = []
    for key, value in audience.items():
        if _is_group(key, value):
            conditions.append(_group(key, value, depth))
        elif is_behaviour(key, value):
            conditions.extend(parse_behaviour(key, value))
        else:
            conditions.extend(_conditions(key, value))
    return AudienceFilter(conditions=tuple(conditions))


def _is_group(key: str, value: Any) -> bool:
    if key == "not":
        return isinstance(value, Mapping)
    is_list = isinstance(value, list | tuple) and all(isinstance(part, Mapping) for part in value)
    return key in ("any", "all") and is_list


def _group(kind: str, value: Any, depth: int) -> Group:
    parts = [value] if kind == "not" else list(value)
    if depth >= DEEPEST:
        raise _fault(f"{kind}: groups stand in groups at most {DEEPEST} deep.")
    if not parts or not all(parts):
        raise _fault(f"{kind}: every group needs at least one condition.")
    if len(parts) > MOST_PARTS:
        raise _fault(f"{kind}: a group has at most {MOST_PARTS} parts.")
    return Group(kind, tuple(_parse(part, depth + 1) for part in parts))


def known_operators(key: str) -> tuple[str, ...]:
    """The operators that `key` can be asked with."""
    if key == "opted_in":
        return ("not", "exists")
    if key in COLUMNS:
        return ("not", "exists", "contains")
    return ("not", "exists", "contains", *COMPARISONS)


def _fault(sentence: str) -> Invalid:
    return Invalid(sentence, {"target_audience": [sentence]})


def _conditions(key: str, value: Any) -> list[Condition]:
    if not key.strip() or len(key) > LONGEST_ATTRIBUTE_NAME:
        raise _fault(f"“{key[:40]}” is not a column and cannot be the name of an attribute.")
    if not isinstance(value, Mapping):
        return [Condition(key, "any_of", _values(key, value))]
    if not value:
        raise _fault(f"{key}: say what is asked; known are {', '.join(known_operators(key))}.")
    return [_asked(key, operator, operand) for operator, operand in value.items()]


def _asked(key: str, operator: str, operand: Any) -> Condition:
    if operator not in known_operators(key):
        known = ", ".join(known_operators(key))
        raise _fault(f"{key}: the operator “{operator[:40]}” is not known here; known are {known}.")
    if operator == "not":
        return Condition(key, "not", _values(key, operand))
    if operator == "exists":
        if not isinstance(operand, bool):
            raise _fault(f"{key}: exists is true or false.")
        return Condition(key, "exists", operand)
    if operator == "contains":
        return Condition(key, "contains", _parts(key, operand))
    return Condition(key, operator, _bound(key, operator, operand))


def _values(key: str, value: Any) -> tuple:
    items = value if isinstance(value, list | tuple) else [value]
    if not items:
        raise _fault(f"{key}: the list is empty; give at least one value or leave the key out.")
    if len(items) > MOST_VALUES:
        raise _fault(f"{key}: at most {MOST_VALUES} values at once.")
    try:
        return tuple(dict.fromkeys(None if item is None else _value(key, item) for item in items))
    except Invalid as error:
        raise _fault(f"{key}: {error.sentence}") from None


def _value(key: str, item: Any) -> str | bool | None:
    if key == "opted_in":
        return parse_consent(item)
    if key == "phone_number":
        return parse_phone(item, None)
    text = clean_language(item) if key == "language" else attribute_text(clean_attribute(item))
    if not text:
        raise Invalid('A value is empty; "no value" is null.')
    return fold(text)


def _parts(key: str, operand: Any) -> tuple[str, ...]:
    items = operand if isinstance(operand, list | tuple) else [operand]
    if (
        not items
        or len(items) > MOST_VALUES
        or not all(isinstance(item, str) and clean_text(item) for item in items)
    ):
        raise _fault(f"{key}: contains is a text, or a list of texts.")
    return tuple(dict.fromkeys(fold(clean_text(item)) for item in items))


def _bound(key: str, operator: str, operand: Any) -> float | str:
    if isinstance(operand, int | float) and not isinstance(operand, bool) and abs(operand) < 1e15:
        return float(operand)
    if isinstance(operand, str) and _DAY.fullmatch(operand):
        try:
            return date.fromisoformat(operand).isoformat()
        except ValueError:
            pass
    raise _fault(f"{key}: {operator} is a number such as 100, or a day such as 2026-01-31.")
