"""The forecast in words, for a campaign and for a form that is being filled in."""

from datetime import datetime

from wtforms.validators import ValidationError

from campaign_app.domain.clock import business_day
from campaign_app.domain.ids import new_id
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaigns import HIGHEST_LIMIT
from campaign_app.services.forecast import Forecast, forecast_of
from campaign_app.web.campaign_fields import DraftTimesForm, business_zone
from campaign_app.web.formatting import local_day, number, plural


def forecast_of_form(form: DraftTimesForm, people: int, now: datetime) -> Forecast | None:
    """What would become of the campaign that the form describes, launched now to `people`; None while that cannot be told."""
    limit, priority = form.daily_send_limit.data, form.priority.data
    if not people or not isinstance(limit, int) or not 1 <= limit <= HIGHEST_LIMIT or priority is None:
        return None
    start, end = form.window_start.data, form.window_end.data
    if form.window_on.data and (not form.window_days.data or start is None or end is None or start == end):
        return None
    try:
        fields = form.changes()
    except ValidationError:
        return None
    shown = ("daily_send_limit", "send_window", "scheduled_start_date", "scheduled_end_date")
    draft = Campaign(
        id=new_id(), created_at=now, priority=int(priority), **{name: fields[name] for name in shown}
    )
    return forecast_of(draft, now, people)


def forecast_words(told: Forecast | None, end: datetime | None, now: datetime) -> list[str]:
    """Sentences: when the first and the last message leave, and who would not get it."""
    if told is None or not told.people:
        return []
    today = business_day(now, business_zone())

    def on(day) -> str:
        return "today" if day == today else f"on {local_day(day)}"

    sentences = []
    if told.days == 1:
        people = told.people - told.unplanned
        who = "The message leaves" if people == 1 else f"All {number(people)} messages leave"
        sentences.append(f"{who} {on(told.begins_on)}.")
    elif told.days:
        first = plural(told.first, "message leaves", "messages leave")
        sentences.append(
            f"{first} {on(told.begins_on)}, the last {on(told.ends_on)}: {number(told.days)} days of sending."
        )
    if told.unplanned:
        why = (
            "the campaign ends before their turn" if end is not None else "it would take more than ten years"
        )
        who = plural(told.unplanned, "person", "people") if told.days else "Nobody"
        sentences.append(f"{who} {'will not' if told.days else 'will'} get it: {why}.")
    return sentences
