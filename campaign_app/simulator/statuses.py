"""Plans a message's statuses: which come, when they happen, and when and how often each is posted."""

from dataclasses import dataclass

from .behaviour import Fate, share
from .settings import Range, SimulatorSettings

REPEATS = 3
DISORDER_GAP_SECONDS = 0.2


@dataclass(frozen=True)
class PlannedStatus:
    """One status; the times are seconds after acceptance, and `posted_after` has an entry for each copy."""

    name: str
    happens_after: float
    posted_after: tuple[float, ...]
    code: int | None = None


def plan_statuses(fate: Fate, number: str, settings: SimulatorSettings) -> list[PlannedStatus]:
    """The statuses of one accepted message in the order of their happening.

    The same seed, number and settings give the same plan. An empty `posted_after` is a lost status.
    """
    if fate.kind == "no_statuses":
        return []
    events = _events(fate, number, settings)
    if fate.kind in ("webhook_before_answer", "failed_before_answer"):
        return [PlannedStatus(name, 0.0, (0.0,), code) for name, _, code in events]
    posted = [after for _, after, _ in events]
    if fate.kind == "statuses_backwards":
        posted = _disordered(posted, list(reversed(range(len(events)))))
    elif settings.disorder_rate > share(settings.seed, number, "disorder"):
        posted = _disordered(posted, _other_order(len(events), share(settings.seed, number, "order")))
    return [
        PlannedStatus(name, happens, _copies(fate, name, number, after, settings), code)
        for (name, happens, code), after in zip(events, posted, strict=True)
    ]


def seconds_within(limits: Range, settings: SimulatorSettings, number: str, what: str) -> float:
    least, most = limits
    return least + (most - least) * share(settings.seed, number, what)


def _events(fate: Fate, number: str, settings: SimulatorSettings) -> list[tuple[str, float, int | None]]:
    """What happens: (status, seconds after acceptance, error code)."""
    failed = seconds_within(settings.failed_delay, settings, number, "failed")
    if fate.kind in ("failed_later", "failed_before_answer", "held_then_failed"):
        return [("failed", failed, fate.code)]
    sent = seconds_within(settings.sent_delay, settings, number, "sent")
    delivered = sent + seconds_within(settings.delivered_delay, settings, number, "delivered")
    read = delivered + seconds_within(settings.read_delay, settings, number, "read")
    if fate.kind == "delivered_then_failed":
        return [
            ("sent", sent, None),
            ("delivered", delivered, None),
            ("failed", delivered + failed, fate.code),
        ]
    if fate.kind == "read_without_delivered":
        return [("sent", sent, None), ("read", read, None)]
    whole = [("sent", sent, None), ("delivered", delivered, None), ("read", read, None)]
    if fate.kind in ("webhook_before_answer", "repeated_statuses", "statuses_backwards"):
        return whole
    if share(settings.seed, number, "is delivered") >= settings.delivered_rate:
        return whole[:1]
    return whole if share(settings.seed, number, "is read") < settings.read_rate else whole[:2]


def _disordered(posted: list[float], order: list[int]) -> list[float]:
    """Posting times that make the statuses arrive in the given order, none before it happened."""
    last = max(posted)
    times = list(posted)
    for place, index in enumerate(order):
        times[index] = last + place * DISORDER_GAP_SECONDS
    return times


def _other_order(length: int, chance: float) -> list[int]:
    """An order of `length` things that is not the right one."""
    shift = 1 + int(chance * (length - 1)) if length > 1 else 0
    return [(index + shift) % length for index in range(length)]


def _copies(
    fate: Fate, name: str, number: str, after: float, settings: SimulatorSettings
) -> tuple[float, ...]:
    if share(settings.seed, number, f"{name} lost") < settings.loss_rate:
        return ()
    times = 1 + (share(settings.seed, number, f"{name} twice") < settings.duplicate_rate)
    if fate.kind == "repeated_statuses":
        times = REPEATS
    later = (
        seconds_within(settings.repeat_delay, settings, number, f"{name} {copy}") for copy in range(1, times)
    )
    return (after, *(after + seconds for seconds in later))
