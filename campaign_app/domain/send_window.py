"""The weekdays and hours in which a campaign may send, in its own time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaign_app.domain.clock import clock_change, day_start
from campaign_app.domain.errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class SendWindow:
    """Open on `days` (0 is Monday) from `start` until before `end`, local time. An end before the start is on the next day."""

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def is_open(self, instant: datetime) -> bool:
        local = instant.astimezone(self.zone)
        clock = local.time()
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= clock < self.end
        yesterday = (local.weekday() - 1) % 7
        return (local.weekday() in self.days and clock >= self.start) or (
            yesterday in self.days and clock < self.end
        )

    def opens_at(self, instant: datetime) -> datetime:
        """The first instant from `instant` on at which the window is open, in UTC."""
        if self.is_open(instant):
            return instant
        today = instant.astimezone(self.zone).date()
        for ahead in range(9):
            openings = self._possible_openings(today + timedelta(days=ahead))
            found = [at for at in openings if at >= instant and self.is_open(at)]
            if found:
                return min(found)
        raise AssertionError("a window has at least one day")

    def opens_on(self, day: date, zone: ZoneInfo) -> bool:
        """Whether it is open at some time of the calendar day `day` of `zone`, which need not be the window's own."""
        return self.opens_at(day_start(day, zone)) < day_start(day + timedelta(days=1), zone)

    def _possible_openings(self, day: date) -> list[datetime]:
        """Its start on the local `day`, twice where the clocks repeat it, and the change of the clocks itself."""
        start = datetime.combine(day, self.start, self.zone)
        change = clock_change(day, self.zone)
        return [start.replace(fold=fold).astimezone(UTC) for fold in (0, 1)] + ([change] if change else [])


def parse_window(value: dict | None, zone: ZoneInfo) -> SendWindow | None:
    """Read `{"days": ["mon", …], "start": "09:00", "end": "20:00"}`; None and {} mean "at any time". Raises Invalid.

    Days may be left out: then every day.
    """
    if not value:
        return None
    if not isinstance(value, dict) or not set(value) <= {"days", "start", "end"}:
        raise _refusal('must look like {"days": ["mon", "fri"], "start": "09:00", "end": "20:00"}')
    days = value.get("days", list(DAYS))
    if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
        raise _refusal(f"needs at least one day out of {', '.join(DAYS)}")
    start, end = (_clock(value.get(name), name) for name in ("start", "end"))
    if start == end:
        raise _refusal("must not start and end at the same time")
    return SendWindow(frozenset(DAYS.index(day) for day in days), start, end, zone)


def _clock(text, name: str) -> time:
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?", text) if isinstance(text, str) else None
    if match is None:
        raise _refusal(f"needs “{name}” as hours and minutes, such as 09:00")
    return time(int(match[1]), int(match[2]))


def _refusal(fault: str) -> Invalid:
    sentence = f"The send window {fault}."
    return Invalid(sentence, {"send_window": [sentence]})
