"""A campaign's settings in words for people."""

from typing import Any

from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.web.campaign_fields import DAY_NAMES, PICKED

_OPERATORS = {
    "not": "is not {}",
    "contains": "contains {}",
    "gt": "is more than {}",
    "gte": "is at least {}",
    "lt": "is less than {}",
    "lte": "is at most {}",
}
_CONSENT = {True: "yes", False: "no"}
_DEEDS = {
    "campaign.created": "Made the draft",
    "campaign.edited": "Changed {fields}",
    "campaign.launched": "Launched it to {recipients} people",
    "campaign.paused": "Paused it",
    "campaign.resumed": "Resumed it",
    "campaign.cancelled": "Cancelled it",
    "campaign.cloned": "Made it as a copy",
    "campaign.retried": "Queued {recipients} failed people again",
    "campaign.sent_again": "Sent to {recipients} unconfirmed people again",
    "campaign.gave_up": "Gave up on {recipients} unconfirmed people",
}


def audience_words(audience: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The filter as (feature, what is asked).

    >>> audience_words({"customer_tier": ["gold", "platinum"], "points": {"gte": 100}})
    [('Tier', 'gold or platinum'), ('points', 'is at least 100')]
    """
    if not audience:
        return []
    if audience.get("all") is True:
        return [("Everybody", "every customer")]
    words = []
    for key, value in audience.items():
        label = PICKED.get(
            key, {"opted_in": "Consent", "name": "Name", "phone_number": "Number"}.get(key, key)
        )
        if isinstance(value, dict):
            words += [(label, _asked(operator, operand)) for operator, operand in value.items()]
        else:
            words.append((label, _values(value)))
    return words


def window_words(campaign: Campaign) -> str:
    """`Mon–Fri, 09:00–20:00 (Asia/Kolkata)`, or `At any time`."""
    window = campaign.send_window
    if not window:
        return "At any time"
    days = [name for day, name in DAY_NAMES.items() if day in window.get("days", DAY_NAMES)]
    hours = f"{window.get('start')}–{window.get('end')}"
    zone = f" ({campaign.timezone})" if campaign.timezone else ""
    return f"{_day_words(days)}, {hours}{zone}"


def deed_words(entry: AuditEntry) -> str:
    """What an entry of a campaign's history says."""
    details = dict(entry.details or {})
    if isinstance(details.get("fields"), list):
        names = {
            "daily_send_limit": "the daily limit",
            "scheduled_end_date": "the end",
            "scheduled_start_date": "the start",
        }
        details["fields"] = ", ".join(
            names.get(name, f"the {name.replace('_', ' ')}") for name in details["fields"]
        )
    if isinstance(details.get("recipients"), int):
        details["recipients"] = f"{details['recipients']:,}"
    pattern = _DEEDS.get(entry.action)
    if pattern is None:
        return entry.action.partition(".")[2].replace("_", " ").capitalize() or entry.action
    for name, value in details.items():
        pattern = pattern.replace(f"{{{name}}}", str(value))
    return pattern


def _day_words(days: list[str]) -> str:
    if len(days) == 7:
        return "Every day"
    order = list(DAY_NAMES.values())
    first, last = order.index(days[0]), order.index(days[-1])
    if len(days) > 2 and last - first + 1 == len(days):
        return f"{days[0]}–{days[-1]}"
    return ", ".join(days)


def _asked(operator: str, operand: Any) -> str:
    if operator == "exists":
        return "has a value" if operand else "has no value"
    return _OPERATORS.get(operator, f"{operator} {{}}").replace("{}", _values(operand))


def _values(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    words = [
        "no value" if item is None else _CONSENT.get(item, "") if isinstance(item, bool) else str(item)
        for item in items
    ]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"
