"""The weekdays and hours in which a campaign may send, in its own time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

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
        return (local.weekday() in self.days and clock >= self.start) or (yesterday in self.days and clock < self.end)

    def opens_at(self, instant: datetime) -> datetime:
        """The first instant from `instant` on at which the window is open, in UTC."""
        if self.is_open(instant):
            return instant
        today = instant.astimezone(self.zone).date()
        for ahead in range(9):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days:
                opening = datetime.combine(day, self.start, self.zone).astimezone(UTC)
                if opening >= instant:
                    return opening
        raise AssertionError("a window has at least one day")

    def opens_on(self, day) -> bool:
        """Whether some part of the local calendar day lies within the window."""
        return day.weekday() in self.days or (self.start >= self.end and (day.weekday() - 1) % 7 in self.days)


def parse_window(value: dict | None, zone: ZoneInfo) -> SendWindow | None:
    """Read `{"days": ["mon", …], "start": "09:00", "end": "20:00"}`; None and {} mean "at any time". Raises Invalid.

    Days may be left out: then every day.
    """
    if not value:
        return None
    if not isinstance(value, dict) or not set(value) <= {"days", "start", "end"}:
        raise _refusal("must look like {\"days\": [\"mon\", \"fri\"], \"start\": \"09:00\", \"end\": \"20:00\"}")
    days = value.get("days", list(DAYS))
    if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
        raise _refusal(f"needs at least one day out of {', '.join(DAYS)}")
    start, end = (_clock(value.get(name), name) for name in ("start", "end"))
    if start == end:
        raise _refusal("must not start and end at the same time")
    return SendWindow(frozenset(DAYS.index(day) for day in days), start, end, zone)


def _clock(text, name: str) -> time:
    try:
        hour, minute = str(text).split(":")[:2]
        return time(int(hour), int(minute))
    except ValueError:
        raise _refusal(f"needs “{name}” as hours and minutes, such as 09:00") from None


def _refusal(fault: str) -> Invalid:
    sentence = f"The send window {fault}."
    return Invalid(sentence, {"send_window": [sentence]})
