"""What one recipient adds to the counters: the single definition of every count."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaign_app.domain.clock import business_day

NO_CODE = -1  # the failure code of those that failed without one

CAMPAIGN_COUNTERS = (
    "total_target_customers",
    "messages_sent",
    "messages_delivered",
    "messages_read",
    "messages_failed",
    "messages_refused",
    "messages_pending",
    "messages_unconfirmed",
    "recipients_skipped",
    "messages_replied",
)
DAILY_COUNTERS = ("messages_sent", "messages_delivered", "messages_read", "messages_failed")
HOURLY_FOR = timedelta(days=3)
CLOCKS_DIFFER = timedelta(hours=1)
ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a recipient stands in the latest attempt."""

    status: str
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None
    unconfirmed_at: datetime | None = None
    failure_code: int | None = None
    replied_at: datetime | None = None


class Tally:
    """Counts to add (or, negative, to take away), of one campaign."""

    def __init__(self):
        self.campaign: Counter[str] = Counter()
        self.days: Counter[tuple[date, str]] = Counter()
        self.hours: Counter[tuple[datetime, str]] = Counter()  # all; `has_hourly_figures` says which are kept
        self.failures: Counter[int] = Counter()

    def move(self, before: Standing | None, after: Standing | None, zone: ZoneInfo) -> None:
        """Take away what `before` counted for and add what `after` counts for; None counts for nothing."""
        if before is not None:
            self._add(before, zone, -1)
        if after is not None:
            self._add(after, zone, 1)

    def count(self, counter: str, at: datetime, zone: ZoneInfo, by: int) -> None:
        """So many more people of whom `counter` is true since `at`."""
        self.campaign[counter] += by
        self.days[business_day(at, zone), counter] += by
        self.hours[hour_of(at), counter] += by

    def _add(self, standing: Standing, zone: ZoneInfo, by: int) -> None:
        if standing.replied_at is not None:  # a fact about the person, whatever became of the message
            self.campaign["messages_replied"] += by
        if standing.status == "skipped":
            self.campaign["recipients_skipped"] += by
            return
        self.campaign["total_target_customers"] += by
        failed = standing.status == "failed"
        for counter, at in (
            ("messages_sent", standing.sent_at),
            ("messages_delivered", standing.delivered_at),
            ("messages_read", standing.read_at),
            ("messages_failed", standing.failed_at if failed else None),
        ):
            if at is not None:
                self.count(counter, at, zone, by)
        if failed:
            code = NO_CODE if standing.failure_code is None else standing.failure_code
            self.failures[code] += by
            if standing.sent_at is None:
                self.campaign["messages_refused"] += by
        elif standing.sent_at is None:
            waiting = "messages_pending" if standing.unconfirmed_at is None else "messages_unconfirmed"
            self.campaign[waiting] += by


def hour_of(instant: datetime) -> datetime:
    """The beginning of its hour, in UTC as `instant` is."""
    return instant.replace(minute=0, second=0, microsecond=0)


def has_hourly_figures(hour: datetime, started_at: datetime | None) -> bool:
    """Whether a campaign whose first message left at `started_at` keeps figures for `hour`: for 3 days from that hour on, and
    for one before it, since WhatsApp's clock is not ours."""
    if started_at is None:
        return False
    earliest, before = started_for_hour(hour)
    return earliest <= started_at < before


def started_for_hour(hour: datetime) -> tuple[datetime, datetime]:
    """From when, and before when, a campaign that keeps figures for `hour` has started."""
    return hour - HOURLY_FOR + ONE_HOUR, hour + CLOCKS_DIFFER + ONE_HOUR


def tally_of(standings: Iterable[Standing], zone: ZoneInfo) -> Tally:
    """The counts of a whole campaign, from its recipients."""
    tally = Tally()
    for standing in standings:
        tally.move(None, standing, zone)
    return tally


def percentage(part: int, whole: int) -> float:
    """100·part/whole with one decimal, half up; 0.0 where whole is 0.

    >>> percentage(1, 8), percentage(245, 250), percentage(1, 0)
    (12.5, 98.0, 0.0)
    >>> percentage(1, 2000)  # 0.05 goes up
    0.1
    """
    if whole == 0:
        return 0.0
    return (2000 * part + whole) // (2 * whole) / 10
