"""The conditions of a segment as rows of form controls: read from a form, shown from a filter, and turned into one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from campaign_app.domain.audience_behaviour import ADDED_ON, DEEDS, NEVER_CONTACTED, is_behaviour
from campaign_app.domain.customer_values import attribute_text
from campaign_app.domain.errors import Invalid

MOST_GROUPS, MOST_ROWS = 6, 12
COLUMNS = {
    "customer_tier": "Tier",
    "location": "Location",
    "language": "Language",
    "tags": "Tags",
    "name": "Name",
    "phone_number": "Phone number",
}
OPERATORS = {
    "any_of": "is one of",
    "not": "is none of",
    "contains": "contains",
    "gte": "is at least",
    "gt": "is more than",
    "lte": "is at most",
    "lt": "is less than",
    "filled": "has a value",
    "empty": "has no value",
}
ANSWERS = {"yes": True, "no": False, "unknown": None}
DEED_WORDS = {
    "sent": "Was sent a message",
    "received": "Received a message",
    "read": "Read a message",
    "failed": "A message failed",
    "replied": "Replied to a message",
}
_NUMBER = re.compile(r"-?\d{1,14}(\.\d{1,10})?")


@dataclass(frozen=True)
class Row:
    """`subject`: `column:…`, `attribute:…`, `consent`, `added`, `never`, `did:…`, `did_not:…`, or empty. What else counts
    depends on it: operator and value; answer; bound and day; span (ever, campaign, days), campaign, days."""

    subject: str = ""
    operator: str = "any_of"
    value: str = ""
    answer: str = "yes"
    bound: str = "gte"
    day: str = ""
    span: str = "campaign"
    campaign: str = ""
    days: str = "30"


@dataclass(frozen=True)
class Rows:
    """A group: all or any of its rows must hold."""

    match: str = "all"
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Builder:
    match: str = "all"
    groups: list[Rows] = field(default_factory=lambda: [Rows()])

    def with_spare(self) -> "Builder":
        """With an empty row at the end of each group, to be filled in next."""
        return replace(
            self,
            groups=[
                replace(group, rows=[*group.rows, Row()] if len(group.rows) < MOST_ROWS else group.rows)
                for group in self.groups
            ],
        )

    def with_group(self) -> "Builder":
        return replace(self, groups=[*self.groups, Rows()][:MOST_GROUPS])

    def filter(self) -> dict[str, Any]:
        """The filter that the rows stand for; empty where there are none. Raises Invalid with a sentence."""
        groups = [_joined(group.match, [_asked(row) for row in group.rows]) for group in self.groups]
        return _joined(self.match, [group for group in groups if group])


def read_builder(form: Mapping[str, str]) -> Builder:
    """The rows of a form; those without a subject, or removed with its buttons, are left out."""
    removed = form.get("remove", "")
    groups = []
    for place in range(MOST_GROUPS):
        if f"g{place}-match" not in form:
            break
        rows = []
        for index in range(MOST_ROWS):
            prefix = f"g{place}r{index}-"
            values = {
                name: form.get(prefix + name, "")[:500].strip()
                for name in Row.__dataclass_fields__
                if prefix + name in form
            }
            if values.get("subject") and removed != f"g{place}r{index}":
                rows.append(Row(**values))
        if removed != f"g{place}":
            groups.append(Rows(_match(form.get(f"g{place}-match")), rows))
    return Builder(_match(form.get("match")), groups or [Rows()])


def builder_of(chosen: Mapping[str, Any]) -> Builder | None:
    """The rows behind a filter; None for one that the form cannot show."""
    try:
        kind, parts = _parts(chosen)
        if kind is None:
            return Builder("all", [Rows("all", _rows(chosen))])
        if all(_is_single(part) for part in parts):
            return Builder("all", [Rows(kind, [row for part in parts for row in _rows(part)])])
        groups = []
        for part in parts:
            inner, inner_parts = _parts(part)
            if inner is None:
                groups.append(Rows("all", _rows(part)))
            elif all(_is_single(one) for one in inner_parts):
                groups.append(Rows(inner, [row for one in inner_parts for row in _rows(one)]))
            else:
                return None
    except (Invalid, KeyError, TypeError, ValueError):
        return None
    fits = len(groups) <= MOST_GROUPS and all(len(group.rows) <= MOST_ROWS for group in groups)
    return Builder(kind, groups) if fits else None


def _match(text: str | None) -> str:
    return "any" if text == "any" else "all"


def _joined(match: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One filter of several; where all must hold and the keys differ it is the plain form."""
    if len(parts) == 1:
        return parts[0]
    keys = [key for part in parts for key in part]
    if match == "all" and len(set(keys)) == len(keys) and not {"any", "all"} & set(keys):
        return {key: value for part in parts for key, value in part.items()}
    return {match: parts} if parts else {}


def _asked(row: Row) -> dict[str, Any]:
    kind, _, name = row.subject.partition(":")
    if kind in ("column", "attribute") and name:
        return {name: _text_asked(COLUMNS.get(name, name), row)}
    if kind == "consent":
        return {"opted_in": ANSWERS.get(row.answer)}
    if kind == "never":
        return {NEVER_CONTACTED: True}
    if kind == "added":
        if not row.day:
            raise Invalid("Added: choose a day.")
        return {ADDED_ON: {row.bound: row.day}}
    if kind in ("did", "did_not") and name in DEEDS:
        asked = {name: _span(row, DEED_WORDS[name])}
        return {"not": asked} if kind == "did_not" else asked
    raise Invalid("Choose what a condition is about.")


def _text_asked(label: str, row: Row) -> Any:
    if row.operator in ("filled", "empty"):
        return {"exists": row.operator == "filled"}
    values = [value.strip() for value in row.value.split(",") if value.strip()]
    if not values:
        raise Invalid(f"{label}: enter a value.")
    if row.operator in ("gte", "gt", "lte", "lt"):
        return {row.operator: float(row.value) if _NUMBER.fullmatch(row.value) else row.value}
    if row.operator == "contains":
        return {"contains": values}
    return {"not": values} if row.operator == "not" else values


def _span(row: Row, label: str) -> dict[str, Any]:
    if row.span == "ever":
        return {"ever": True}
    if row.span == "days":
        if not row.days.isdigit() or len(row.days) > 4:
            raise Invalid(f"{label}: enter a number of days.")
        return {"days": int(row.days)}
    if not row.campaign:
        raise Invalid(f"{label}: choose a campaign.")
    return {"campaign": row.campaign}


def _parts(chosen: Mapping[str, Any]) -> tuple[str | None, list[Mapping[str, Any]]]:
    if len(chosen) == 1:
        ((key, value),) = chosen.items()
        if (
            key in ("any", "all")
            and isinstance(value, list)
            and all(isinstance(one, Mapping) for one in value)
        ):
            return key, value
    return None, []


def _is_single(part: Mapping[str, Any]) -> bool:
    return len(part) == 1 and _parts(part)[0] is None and len(_rows(part)) == 1


def _rows(part: Mapping[str, Any]) -> list[Row]:
    """Raises Invalid where the form has no row for it."""
    return [row for key, value in part.items() for row in _rows_of(key, value)]


def _rows_of(key: str, value: Any) -> list[Row]:
    if key == "not" and isinstance(value, Mapping):
        ((deed, asked),) = value.items()
        return [_deed(f"did_not:{deed}", deed, asked)]
    if key in DEEDS and is_behaviour(key, value):
        return [_deed(f"did:{key}", key, value)]
    if key == NEVER_CONTACTED and value is True:
        return [Row("never")]
    if key == ADDED_ON:
        return [Row("added", bound=bound, day=day) for bound, day in value.items()]
    if key == "opted_in" and (value is None or isinstance(value, bool)):
        return [Row("consent", answer=next(word for word, answer in ANSWERS.items() if answer is value))]
    if key in ("any", "all", "segment", "opted_in"):
        raise Invalid("")
    subject = f"column:{key}" if key in COLUMNS else f"attribute:{key}"
    if not isinstance(value, Mapping):
        return [Row(subject, value=_listed(value))]
    rows = []
    for operator, operand in value.items():
        if operator == "exists":
            rows.append(Row(subject, "filled" if operand else "empty"))
        elif operator in OPERATORS:
            rows.append(Row(subject, operator, _listed(operand)))
        else:
            raise Invalid("")
    return rows


def _deed(subject: str, deed: str, asked: Any) -> Row:
    if not is_behaviour(deed, asked) or len(asked) != 1:
        raise Invalid("")
    if "campaign" in asked:
        return Row(subject, campaign=str(UUID(asked["campaign"])))
    return (
        Row(subject, span="days", days=str(asked["days"])) if "days" in asked else Row(subject, span="ever")
    )


def _listed(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    texts = [f"{item:g}" if isinstance(item, float) else attribute_text(item) for item in items]
    if any(item is None for item in items) or any("," in text for text in texts):
        raise Invalid("")
    return ", ".join(texts)
