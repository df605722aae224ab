"""References to the customer in a campaign's texts: {{name}}, {{location|friend}}."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REFERENCE = re.compile(r"\{\{\s*([^{}|]+?)\s*(?:\|([^{}]*))?\}\}")
_BLANKS = re.compile(r"\s+")


class MissingValue(Exception):
    """The text needs a field that is empty for this customer, and names nothing to stand in for it."""

    def __init__(self, field: str):
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class FieldReference:
    """`{{field|fallback}}`; `fallback` None means that the field is required."""

    field: str
    fallback: str | None


def references(value: Any) -> list[FieldReference]:
    """Every reference in the texts of `value` (a string, list or object), in order.

    >>> references(["Hi {{name}}", {"text": "in {{location|your town}}"}])
    [FieldReference(field='name', fallback=None), FieldReference(field='location', fallback='your town')]
    """
    if isinstance(value, str):
        return [
            FieldReference(match[1], None if match[2] is None or not match[2].strip() else match[2].strip())
            for match in _REFERENCE.finditer(value)
        ]
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return [reference for item in value for reference in references(item)]
    return []


def required_fields(value: Any) -> list[str]:
    """The fields that every customer must have, each once: those referred to without a fallback at least once."""
    return list(
        dict.fromkeys(reference.field for reference in references(value) if reference.fallback is None)
    )


def fields(value: Any) -> list[str]:
    """All fields referred to, each once."""
    return list(dict.fromkeys(reference.field for reference in references(value)))


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with every reference replaced; white space of the values is folded, as WhatsApp refuses new lines, tabs
    and more than four spaces in a parameter. Raises MissingValue.

    >>> fill("Hi {{name|friend}} from {{location}}", {"name": " ", "location": "New  Delhi"})
    'Hi friend from New Delhi'
    """

    def replace(match: re.Match) -> str:
        found = values.get(match[1])
        found = "" if found is None else _BLANKS.sub(" ", str(found)).strip()
        fallback = (match[2] or "").strip()
        if not found and not fallback:
            raise MissingValue(match[1])
        return found or fallback

    return _REFERENCE.sub(replace, text)


def fill_all(value: Any, values: Mapping[str, Any]) -> Any:
    """A copy of `value` with the references in all its texts replaced. Raises MissingValue."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, Mapping):
        return {key: fill_all(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_all(item, values) for item in value]
    return value
