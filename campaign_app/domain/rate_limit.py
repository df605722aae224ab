"""The pace of sending: even departures, halved by throttling, climbing back by itself."""

from bisect import bisect_left, insort
from threading import Lock

# A little more than one: threads wake late, and the way to WhatsApp is not always equally long
SECOND = 1.008
# The pace stays this little below the configured rate, so that no window of one second ever holds more.
MARGIN = 0.9915
# Requests that were held up leave at this many times the rate, not all at once: where one is held up on the way, few join it
CATCH_UP = 2
MADE_UP_FOR = 0.5  # seconds
SLOWEST_PER_SECOND = 1.0
CLIMB_PER_SECOND = 0.05  # of the configured rate, for every second without throttling
HALVE_AT_MOST_EVERY = 1.0  # seconds: answers of requests that left before the last slow-down say nothing new


class Pace:
    """Gives out departure times on a monotonic clock (seconds), never closer than the rate permits."""

    def __init__(self, per_second: float, clock: float):
        self.configured = float(per_second)
        self.rate = self.configured
        self._next = clock
        self._halved_at = clock - HALVE_AT_MOST_EVERY
        self._climbed_at = clock

    def begin(self, clock: float) -> None:
        """A run begins: the time in which nothing was sent is not made up for."""
        self._next = max(self._next, clock)

    def slots(self, most: int, clock: float, horizon: float) -> list[float]:
        """Up to `most` departure times until `clock + horizon`. Up to half a second that the database or the machine took
        is made up for; `Departures` sees to it that no second holds too many all the same."""
        self._climb(clock)
        self._next = max(self._next, clock - MADE_UP_FOR)
        spacing = 1 / (self.rate * MARGIN)
        slots = []
        while len(slots) < most and self._next <= clock + horizon:
            slots.append(self._next)
            self._next += spacing
        return slots

    def give_back(self, slots: int) -> None:
        """The last `slots` departure times were not used."""
        self._next -= slots / (self.rate * MARGIN)

    def next_slot(self) -> float:
        """The clock at which the next departure is permitted."""
        return self._next

    def throttled(self, clock: float, retry_after: float | None = None) -> None:
        """WhatsApp asked for less: halve the rate, and send nothing for `retry_after` seconds."""
        if clock - self._halved_at >= HALVE_AT_MOST_EVERY:
            self.rate = max(SLOWEST_PER_SECOND, self.rate / 2)
            self._halved_at = self._climbed_at = clock
        if retry_after:
            self._next = max(self._next, clock + retry_after)

    def _climb(self, clock: float) -> None:
        if self.rate < self.configured:
            gained = (clock - self._climbed_at) * CLIMB_PER_SECOND * self.configured
            self.rate = min(self.configured, self.rate + gained)
        self._climbed_at = clock


class Departures:
    """The last word on the rate: in no second do more than `per_second` requests leave, however late threads wake up.

    Each asks for its clock with `reserve`, waits for it, and says with `left` when it really left: what leaves a second
    later is counted from there.
    """

    def __init__(self, per_second: int):
        self._most = per_second
        self._apart = 1 / (CATCH_UP * per_second)  # seconds
        self._latest: list[float] = []  # sorted; those that wait by the clock that they were given
        self._lock = Lock()

    def reserve(self, clock: float) -> float:
        """The clock, `clock` or later, at which one more request may leave; it is then counted."""
        with self._lock:
            if self._latest:
                clock = max(clock, self._latest[-1] + self._apart)
            if len(self._latest) >= self._most:
                clock = max(clock, self._latest.pop(0) + SECOND)
            insort(self._latest, clock)
            return clock

    def left(self, reserved: float, clock: float) -> None:
        """What was to leave at `reserved` left at `clock`."""
        with self._lock:
            place = bisect_left(self._latest, reserved)
            if place < len(self._latest) and self._latest[place] == reserved:
                del self._latest[place]
            else:  # overtaken by a whole second's requests
                self._latest.pop(0)
            insort(self._latest, clock)
