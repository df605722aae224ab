"""What is known of a customer, and what a new row says: which of it changes."""

from collections.abc import Mapping
from typing import Any

from campaign_app.domain.customer_values import TEXT_COLUMNS, attribute_text


def merge_rows(earlier: dict[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Two rows of one file about the same number: what the later one says counts, but a "no" stays a "no"."""
    merged = {**earlier, **later}
    if "attributes" in earlier and "attributes" in later:
        merged["attributes"] = {**earlier["attributes"], **later["attributes"]}
    if earlier.get("opted_in") is False:
        merged["opted_in"] = False
    return merged


def changed_values(
    known: Mapping[str, Any], new: Mapping[str, Any], explicit: bool = False
) -> dict[str, Any]:
    """The columns of `known` that `new` changes, with their new values.

    A key that `new` does not have changes nothing; None (in attributes too) empties. `explicit` is what a person or a
    call says about this one customer; a list is not, and so never lifts a recorded "no" to messages, and leaves a
    number a number where it says the same as text.
    """
    changed: dict[str, Any] = {}
    for column in (*TEXT_COLUMNS, "tags"):
        if column in new and new[column] != known[column]:
            changed[column] = new[column]
    attributes = dict(known["attributes"] or {})
    for name, value in (new.get("attributes") or {}).items():
        if value is None:
            attributes.pop(name, None)
        elif explicit or attribute_text(value) != attribute_text(attributes.get(name)):
            attributes[name] = value
    if not _same(attributes, known["attributes"] or {}):
        changed["attributes"] = attributes
    answer = new.get("opted_in")
    if answer is not None and answer != known["opted_in"] and (explicit or known["opted_in"] is not False):
        changed["opted_in"] = answer
    return changed


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Equality that tells 1 from true."""
    return one == other and all(type(one[name]) is type(other[name]) for name in one)
