"""A campaign's settings in words for people."""

from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.web.campaign_fields import DAY_NAMES

_DEEDS = {
    "campaign.created": "Made the draft",
    "campaign.edited": "Changed {fields}",
    "campaign.launched": "Launched it to {recipients} people",
    "campaign.paused": "Paused it",
    "campaign.resumed": "Resumed it",
    "campaign.cancelled": "Cancelled it",
    "campaign.ended": "Its end was reached; {recipients} people did not get it",
    "campaign.archived": "Archived it",
    "campaign.brought_back": "Brought it back into the list",
    "campaign.cloned": "Made it as a copy",
    "campaign.retried": "Queued {recipients} failed people again",
    "campaign.sent_again": "Sent to {recipients} unconfirmed people again",
    "campaign.gave_up": "Gave up on {recipients} unconfirmed people",
}


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
