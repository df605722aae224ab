"""Dividing an audience into daily batches."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from campaign_app.domain.send_window import SendWindow

LONGEST_PLAN_DAYS = 3660  # ten years: a plan beyond that is a mistake in the daily limit


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """The messages of one business day."""

    day: date
    size: int


def plan_batches(
    audience: int,
    per_day: int,
    first_day: date,
    window: SendWindow | None = None,
    first_day_left: int | None = None,
    zone: ZoneInfo | None = None,
) -> list[PlannedBatch]:
    """Divide `audience` recipients into one batch a day, the last one short.

    Days are those of `zone` (None: the window's own); those on which the window does not open are passed over. `first_day_left` is what is left of the first day's limit
    (None: all of it). At most ten years are laid out.

    >>> [b.size for b in plan_batches(250, 100, date(2026, 1, 5))]
    [100, 100, 50]
    >>> [b.size for b in plan_batches(250, 100, date(2026, 1, 5), first_day_left=0)]
    [100, 100, 50]

    Raises ValueError when per_day is below 1.
    """
    if per_day < 1:
        raise ValueError("a daily limit is at least 1")
    batches = []
    for ahead in range(LONGEST_PLAN_DAYS):
        if audience <= 0:
            break
        day = first_day + timedelta(days=ahead)
        if window is not None and not window.opens_on(day, zone or window.zone):
            continue
        capacity = per_day if ahead or first_day_left is None else min(first_day_left, per_day)
        size = min(audience, capacity)
        if size > 0:
            batches.append(PlannedBatch(day, size))
            audience -= size
    return batches
