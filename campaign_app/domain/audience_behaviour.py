"""What an audience filter asks about the past: who got, read or answered what, and who was added when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from campaign_app.domain.errors import Invalid

DEEDS = ("sent", "received", "read", "failed", "replied")
NEVER_CONTACTED = "never_contacted"
ADDED_ON = "added_on"
LONGEST_DAYS = 3650
_BOUNDS = ("gte", "gt", "lte", "lt")


@dataclass(frozen=True)
class Behaviour:
    """Somebody was sent, received, read, failed to get, or replied to a message: of `campaign`, or in the last `days`; with
    neither, ever."""

    deed: str
    campaign: UUID | None = None
    days: int | None = None


@dataclass(frozen=True)
class NeverContacted:
    """Nobody ever wrote to them from here; with `is_true` false: somebody did."""

    is_true: bool = True


@dataclass(frozen=True)
class AddedOn:
    """The customer was added on a day of the business zone that is `operator` (gte, gt, lte, lt) `day`."""

    operator: str
    day: date


def is_behaviour(key: str, value: Any) -> bool:
    """Whether a key of a filter asks about the past; a free attribute of the same name is asked with other operators.

    >>> is_behaviour("read", {"days": 30}), is_behaviour("read", ["yes"]), is_behaviour("read", {"exists": True})
    (True, False, False)
    """
    if key in DEEDS:
        return isinstance(value, Mapping) and set(value) <= {"campaign", "days", "ever"} and bool(value)
    return (key == NEVER_CONTACTED and isinstance(value, bool)) or key == ADDED_ON


def parse_behaviour(key: str, value: Any) -> list[Behaviour | NeverContacted | AddedOn]:
    """Raises Invalid, naming the key and what is accepted."""
    if key == NEVER_CONTACTED:
        return [NeverContacted(value)]
    if key == ADDED_ON:
        return _added(value)
    if set(value) == {"ever"} and value["ever"] is True:
        return [Behaviour(key)]
    if set(value) == {"campaign"}:
        return [Behaviour(key, campaign=_campaign(key, value["campaign"]))]
    if set(value) == {"days"}:
        days = value["days"]
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
            raise _fault(f"{key}: days is a whole number from 1 to {LONGEST_DAYS:,}.")
        return [Behaviour(key, days=days)]
    raise _fault(f'{key}: give {{"campaign": id}}, {{"days": number}} or {{"ever": true}}.')


def _campaign(key: str, value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise _fault(f"{key}: campaign is the id of a campaign.") from None


def _added(value: Any) -> list[AddedOn]:
    if not isinstance(value, Mapping) or not value or not set(value) <= set(_BOUNDS):
        raise _fault(f'{ADDED_ON}: ask with gte, gt, lte or lt, such as {{"gte": "2026-01-31"}}.')
    try:
        return [AddedOn(operator, date.fromisoformat(day)) for operator, day in value.items()]
    except (TypeError, ValueError):
        raise _fault(f"{ADDED_ON}: a bound is a day such as 2026-01-31.") from None


def _fault(sentence: str) -> Invalid:
    return Invalid(sentence, {"target_audience": [sentence]})
