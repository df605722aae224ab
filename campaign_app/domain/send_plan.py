"""The plan of all campaigns: which day carries how many messages of each, within every limit that the sender keeps to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heapify, heappop, heappush
from zoneinfo import ZoneInfo

from campaign_app.domain.clock import business_day, day_start
from campaign_app.domain.send_window import SendWindow

LONGEST_PLAN = timedelta(days=3660)  # ten years: a plan beyond that is a mistake in the daily limit
MOST_STEPS = 50_000  # of all campaigns together: about a second's work
MOVING_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """The messages of one business day."""

    day: date
    size: int


@dataclass(frozen=True)
class Sending:
    """One campaign as the plan sees it. `later`: (instant, people) for whom a time of their own must come, in its order."""

    ready: int
    per_day: int
    used_today: int = 0
    start: datetime | None = None
    end: datetime | None = None
    window: SendWindow | None = None
    later: Sequence[tuple[datetime, int]] = ()


@dataclass(frozen=True)
class Account:
    """WhatsApp's limit of customers in a moving 24 hours; `spent`: (instant at which they fall out of it, customers)."""

    limit: int
    spent: Sequence[tuple[datetime, int]] = ()


@dataclass
class Plan:
    """`batches` in the order of days, none empty. `unplanned`: for whom there is no day before the end, or within ten years."""

    batches: list[PlannedBatch] = field(default_factory=list)
    unplanned: int = 0

    def size_on(self, day: date) -> int:
        return next((batch.size for batch in self.batches if batch.day == day), 0)


def lay_plans(
    sendings: Sequence[Sending], now: datetime, zone: ZoneInfo, account: Account | None = None
) -> list[Plan]:
    """The plan of each of `sendings`, which stand in the order of sending. Days are those of `zone`.

    Whoever is able to send takes what is free of the account's limit, the first of the order first; what is taken is free
    again 24 hours later. Nothing is planned outside a window, on or after an end, or beyond a daily limit.

    >>> from datetime import UTC
    >>> noon, utc = datetime(2026, 1, 5, 12, tzinfo=UTC), ZoneInfo("UTC")
    >>> [batch.size for batch in lay_plans([Sending(250, per_day=100)], noon, utc)[0].batches]
    [100, 100, 50]
    >>> [[batch.size for batch in plan.batches] for plan in lay_plans([Sending(25, 100), Sending(9, 100)], noon, utc, Account(20))]
    [[20, 5], [9]]
    """
    runners = [_Runner(sending, now, zone) for sending in sendings]
    wakes = [(max(now, sending.start or now), place) for place, sending in enumerate(sendings)]
    heapify(wakes)
    spent = [] if account is None else [(at, customers) for at, customers in account.spent if at > now]
    heapify(spent)
    free = None if account is None else account.limit - sum(customers for _, customers in spent)
    held: set[int] = set()  # those who wait for the account's limit
    for _ in range(MOST_STEPS):
        times = ([wakes[0][0]] if wakes else []) + ([spent[0][0]] if held and spent else [])
        if not times:
            break
        at = min(times)
        while spent and spent[0][0] <= at:
            free += heappop(spent)[1]
        turns, held = held, set()
        while wakes and wakes[0][0] <= at:
            turns.add(heappop(wakes)[1])
        for place in sorted(turns):
            taken = runners[place].take(at, free)
            if taken and free is not None:
                free -= taken
                heappush(spent, (at + MOVING_DAY, taken))
            again_at = runners[place].next_turn(at)
            if again_at == at:
                held.add(place)
            elif again_at is not None:
                heappush(wakes, (again_at, place))
    return [runner.plan() for runner in runners]


class _Runner:
    """One campaign on its way through the days."""

    def __init__(self, sending: Sending, now: datetime, zone: ZoneInfo):
        self._sending = sending
        self._zone = zone
        self._left = sending.ready
        self._later = list(sending.later)
        self._sizes: dict[date, int] = {}
        self._today = business_day(now, zone)
        self._over_at = min(sending.end or now + LONGEST_PLAN, now + LONGEST_PLAN)

    def take(self, at: datetime, free: int | None) -> int:
        """Send what may be sent at `at`, and return how many these are."""
        while self._later and self._later[0][0] <= at:
            self._left += self._later.pop(0)[1]
        window = self._sending.window
        if at >= self._over_at or (window is not None and not window.is_open(at)):
            return 0
        day = business_day(at, self._zone)
        size = min(self._left, self._room_on(day))
        size = max(0, size if free is None else min(size, free))
        if size:
            self._left -= size
            self._sizes[day] = self._sizes.get(day, 0) + size
        return size

    def next_turn(self, at: datetime) -> datetime | None:
        """When to ask again after `take`: `at` itself when only the account's limit is in the way, None when all is said."""
        if not self._left:
            again_at = self._later[0][0] if self._later else None
        else:
            again_at = at
            day = business_day(at, self._zone)
            if self._room_on(day) <= 0:
                again_at = day_start(day + timedelta(days=1), self._zone)
            if self._sending.window is not None:
                again_at = self._sending.window.opens_at(again_at)
        return again_at if again_at is not None and again_at < self._over_at else None

    def plan(self) -> Plan:
        batches = [PlannedBatch(day, size) for day, size in sorted(self._sizes.items())]
        return Plan(batches, self._left + sum(people for _, people in self._later))

    def _room_on(self, day: date) -> int:
        used = self._sending.used_today if day == self._today else 0
        return self._sending.per_day - used - self._sizes.get(day, 0)
