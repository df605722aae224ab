"""What follows from an error: whether, and when, a message may be tried again."""

from datetime import datetime, timedelta
from enum import StrEnum


class Action(StrEnum):
    """What the app does when WhatsApp reports an error."""

    RETRY = "retry"  # passing trouble: try again with growing waits
    RETRY_AFTER_DAY = "retry_after_day"  # at most one more try, a day later or more
    PAIR_WAIT = "pair_wait"  # too fast for this one customer: wait for them alone
    NEVER = "never"  # never again for this recipient in this campaign
    OPT_OUT = "opt_out"  # never again, and the customer refuses marketing
    PAUSE_CAMPAIGN = "pause_campaign"  # our request or message template is wrong
    STOP_NUMBER = "stop_number"  # the number, account or token is in trouble: everything waits
    THROTTLE = "throttle"  # too fast for the whole number: slow down, no attempt is spent


WORTH_RETRYING = frozenset(Action) - {Action.NEVER, Action.OPT_OUT}

MAX_RETRIES = 8  # of passing trouble: two hours with the waits below
FIRST_WAIT = timedelta(seconds=30)
THROTTLE_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
DAY = timedelta(hours=24)


def next_try_at(
    action: Action,
    retry_count: int,
    now: datetime,
    random_fraction: float,
    *,
    at_least: timedelta = timedelta(0),
    max_retries: int | None = None,
) -> datetime | None:
    """When to try again after `retry_count` retries, or None when this is not tried again by itself.

    random_fraction: 0 ≤ f < 1, spreads the tries of many recipients. at_least: the wait that the error code
    or a Retry-After header asks for. max_retries: the error code's own bound for `retry`.

    retry: 30 s doubled each time, at most an hour, of which the upper half is random; 8 times.
    retry_after_day: once, 24 to 25 hours later. pair_wait: 4^n seconds (Source: Meta, "Pair rate limits",
    read 2026-10) and up to a quarter more, at most an hour, without end. throttle: 5 to 10 s, without end.
    """
    if action is Action.RETRY:
        if retry_count >= (MAX_RETRIES if max_retries is None else max_retries):
            return None
        full = min(FIRST_WAIT * 2 ** min(retry_count, 20), LONGEST_WAIT)
        wait = full * (0.5 + random_fraction / 2)
    elif action is Action.RETRY_AFTER_DAY:
        if retry_count >= 1:
            return None
        wait = DAY + timedelta(hours=1) * random_fraction
    elif action is Action.PAIR_WAIT:
        wait = min(timedelta(seconds=4 ** min(retry_count, 10)) * (1 + random_fraction / 4), LONGEST_WAIT)
    elif action is Action.THROTTLE:
        wait = THROTTLE_WAIT * (1 + random_fraction)
    else:
        return None
    return now + max(wait, at_least)


def may_retry_by_hand(action: Action) -> bool:
    """May staff send again once the cause is gone? Not where the customer refuses or cannot be reached."""
    return action in WORTH_RETRYING


def spends_attempt(action: Action) -> bool:
    """Does this error count against the recipient's retries? Being too fast is our fault, not theirs."""
    return action not in (Action.THROTTLE, Action.PAIR_WAIT)
