"""An audience filter in words for people."""

from collections.abc import Mapping
from typing import Any

from campaign_app.domain.audience_behaviour import ADDED_ON, DEEDS, NEVER_CONTACTED, is_behaviour
from campaign_app.web.audience_fields import PICKED

_LABELS = {**PICKED, "opted_in": "Consent", "name": "Name", "phone_number": "Number"}
_OPERATORS = {
    "not": "is not {}",
    "contains": "contains {}",
    "gt": "is more than {}",
    "gte": "is at least {}",
    "lt": "is less than {}",
    "lte": "is at most {}",
}
_BOUNDS = {"gte": "on or after {}", "gt": "after {}", "lte": "on or before {}", "lt": "before {}"}
_DEEDS = {
    "sent": ("Was sent", "Was not sent"),
    "received": ("Received", "Did not receive"),
    "read": ("Read", "Did not read"),
    "failed": ("Failed to get", "Did not fail to get"),
    "replied": ("Replied to", "Did not reply to"),
}
_CONSENT = {True: "yes", False: "no"}


def audience_words(
    audience: Mapping[str, Any] | None, names: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """The filter as (feature, what is asked). `names`: those of campaigns and segments by their ids.

    >>> audience_words({"customer_tier": ["gold", "platinum"], "points": {"gte": 100}})
    [('Tier', 'gold or platinum'), ('points', 'is at least 100')]
    >>> audience_words({"any": [{"tags": "vip"}, {"read": {"days": 30}}]})
    [('One of these', 'Tags: vip · Read: a message in the last 30 days')]
    """
    if not audience:
        return []
    if audience.get("all") is True:
        return [("Everybody", "every customer")]
    return [words for key, value in audience.items() for words in _words(key, value, names or {})]


def _words(key: str, value: Any, names: Mapping[str, str]) -> list[tuple[str, str]]:
    if key in ("any", "all") and isinstance(value, list) and all(isinstance(part, Mapping) for part in value):
        return [
            (
                {"any": "One of these", "all": "All of these"}[key],
                " · ".join(_part(part, names) for part in value),
            )
        ]
    if key == "not" and isinstance(value, Mapping):
        if len(value) == 1 and is_behaviour(*next(iter(value.items()))) and next(iter(value)) in DEEDS:
            ((deed, asked),) = value.items()
            return [(_DEEDS[deed][1], _span(asked, names))]
        return [("Not", _part(value, names))]
    if key in DEEDS and is_behaviour(key, value):
        return [(_DEEDS[key][0], _span(value, names))]
    if key == NEVER_CONTACTED and isinstance(value, bool):
        return [("Contacted", "never" if value else "before")]
    if key == ADDED_ON and isinstance(value, Mapping):
        return [("Added", _BOUNDS.get(bound, "{}").format(day)) for bound, day in value.items()]
    if key == "segment" and str(value) in names:
        return [("Segment", names[str(value)])]
    label = _LABELS.get(key, key)
    if isinstance(value, Mapping):
        return [(label, _asked(operator, operand)) for operator, operand in value.items()]
    return [(label, _values(value))]


def _part(part: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return ", ".join(f"{feature}: {asked}" for feature, asked in audience_words(part, names))


def _span(asked: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if "campaign" in asked:
        return f"“{names.get(str(asked['campaign']), 'another campaign')}”"
    if "days" in asked:
        return f"a message in the last {asked['days']} days"
    return "a message"


def _asked(operator: str, operand: Any) -> str:
    if operator == "exists":
        return "has a value" if operand else "has no value"
    return _OPERATORS.get(operator, f"{operator} {{}}").replace("{}", _values(operand))


def _values(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    words = [
        "no value"
        if item is None
        else _CONSENT.get(item, "")
        if isinstance(item, bool)
        else f"{item:g}"
        if isinstance(item, float)
        else str(item)
        for item in items
    ]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"
