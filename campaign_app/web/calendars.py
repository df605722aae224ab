"""The plan of a campaign as weeks of a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from campaign_app.services.campaign_days import PlannedDay

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class CalendarDay:
    """`planned` is None where nothing is planned; `begins_month`: the month's name is told beside the day."""

    day: date
    planned: PlannedDay | None
    is_today: bool
    begins_month: bool


def calendar_weeks(plan: Sequence[PlannedDay], today: date) -> list[list[CalendarDay]]:
    """Weeks from Monday to Sunday, from the first planned day to the last. Weeks without any are left out."""
    by_day = {planned.day: planned for planned in plan}
    mondays = sorted({day - timedelta(days=day.weekday()) for day in by_day})
    weeks = []
    for monday in mondays:
        days = [monday + timedelta(days=place) for place in range(7)]
        weeks.append(
            [
                CalendarDay(day, by_day.get(day), day == today, day.day == 1 or (day == monday == mondays[0]))
                for day in days
            ]
        )
    return weeks


def weeks_around(weeks: list[list[CalendarDay]], today: date, most: int) -> list[list[CalendarDay]]:
    """At most `most` weeks: from the one of today on where there are any, else the last ones."""
    coming = [week for week in weeks if week[-1].day >= today]
    if len(coming) >= most:
        return coming[:most]
    return weeks[-most:]
