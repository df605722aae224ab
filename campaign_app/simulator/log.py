"""The record of every message request, in memory: what tests hold against what the app believes."""

import time
from collections import Counter, deque
from dataclasses import dataclass, fields


@dataclass(slots=True)
class Post:
    """One POST to /messages; `outcome` is arriving, cut (no body came), refused, not_accepted or accepted.

    Times are epoch seconds; `arrived_monotonic` is the machine's monotonic clock, the same in all processes.
    """

    number: int
    arrived_at: float
    arrived_monotonic: float
    outcome: str = "arriving"
    fate: str | None = None
    code: int | None = None
    http_status: int | None = None
    wamid: str | None = None
    to: str | None = None
    wa_id: str | None = None
    country_code_added: bool = False
    callback_data: str | None = None
    template: str | None = None
    language: str | None = None
    body: str = ""
    accepted_at: float | None = None
    answered_at: float | None = None
    killed: str | None = None

    def as_json(self) -> dict:
        return {one.name: getattr(self, one.name) for one in fields(self)}


class SecondWindow:
    """Counts events in the second before now."""

    def __init__(self):
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        while self._times and self._times[0] <= now - 1.0:
            self._times.popleft()
        return len(self._times)

    def add(self, now: float) -> None:
        self._times.append(now)


class PostLog:
    """Every POST in the order of arrival, with the sums that are asked for most."""

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        self.posts: list[Post] = []
        self.peak_per_second = 0
        self._arrivals = SecondWindow()
        self._let_through = SecondWindow()
        self._sums: dict[str, Counter[str]] = {"outcomes": Counter(), "codes": Counter(), "fates": Counter()}
        self._accepted_tokens: Counter[str] = Counter()
        self._accepted_numbers: Counter[str] = Counter()

    def begin(self) -> Post:
        now = time.monotonic()
        self._arrivals.add(now)
        self.peak_per_second = max(self.peak_per_second, self._arrivals.count(now))
        post = Post(len(self.posts) + 1, time.time(), now)
        self.posts.append(post)
        return post

    def is_within(self, most_per_second: float) -> bool:
        """Take a place in the running second, or say that it is full. 0 is no limit."""
        now = time.monotonic()
        if most_per_second and self._let_through.count(now) >= most_per_second:
            return False
        self._let_through.add(now)
        return True

    def settle(self, post: Post, outcome: str) -> None:
        """Write down how the request ended; its fate and code are counted with it."""
        post.outcome = outcome
        self._sums["outcomes"][outcome] += 1
        if post.fate:
            self._sums["fates"][post.fate] += 1
        if post.code is not None:
            self._sums["codes"][str(post.code)] += 1

    def accept(self, post: Post, wamid: str) -> None:
        """Settle as accepted: from here on the message is out, whatever becomes of the answer."""
        post.wamid, post.accepted_at = wamid, time.time()
        self.settle(post, "accepted")
        self._accepted_numbers[post.wa_id or post.to] += 1
        if post.callback_data is not None:
            self._accepted_tokens[post.callback_data] += 1

    def since(self, number: int) -> list[Post]:
        """The posts after the one with this number."""
        return self.posts[max(0, number) :]

    def counts(self) -> dict:
        """Sums over the log; `accepted_twice` is how many callback data several accepted messages carried."""
        return {
            "posts": len(self.posts),
            "accepted": self._sums["outcomes"]["accepted"],
            "accepted_twice": sum(1 for times in self._accepted_tokens.values() if times > 1),
            "numbers_accepted": len(self._accepted_numbers),
            "numbers_accepted_twice": sum(1 for times in self._accepted_numbers.values() if times > 1),
            "peak_per_second": self.peak_per_second,
            **self._sums,
        }
