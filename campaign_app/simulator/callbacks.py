"""Posts webhooks to the app: at their time, signed, few at once, again until answered with 200."""

import asyncio
import heapq
import itertools
import time
from collections import Counter, deque
from dataclasses import dataclass, field

import aiohttp

from .payloads import encoded, envelope, signature, statuses_value
from .settings import SimulatorSettings

# Timers closer together than this are served together: a thousand statuses a second wake the loop rarely.
TICK_SECONDS = 0.005


@dataclass
class Batch:
    """One webhook POST: its statuses, and from the first try on the bytes, which never change again."""

    statuses: list[dict]
    raw: bytes = b""
    give_up_at: float = 0.0
    next_wait: float = 0.0


@dataclass
class Acknowledged:
    """One status that the app answered with 200."""

    wamid: str
    status: str
    timestamp: str
    acknowledged_at: float = field(default_factory=time.time)


class Callbacks:
    """The queue of webhooks. Times are of the monotonic clock; `settings` may be replaced at any moment."""

    def __init__(self, settings: SimulatorSettings):
        self.settings = settings
        self.acknowledged: list[Acknowledged] = []
        self.counts: Counter[str] = Counter()
        self._waiting: list[tuple[float, int, Batch]] = []
        self._ready: deque[Batch] = deque()
        self._sequence = itertools.count()
        self._in_flight = 0
        self._generation = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task] = set()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def reset(self) -> None:
        """Forget all that waits and all counts; what is in flight is neither counted nor tried again."""
        self._generation += 1
        self._waiting.clear()
        self._ready.clear()
        self.acknowledged.clear()
        self.counts.clear()

    async def land(self) -> None:
        """Wait until no POST is in flight."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.settings.webhook_timeout)

    @property
    def waiting(self) -> int:
        """Statuses that are still to come: planned, ready, or waiting to be tried again."""
        queued = itertools.chain((batch for _, _, batch in self._waiting), self._ready)
        return sum(len(batch.statuses) for batch in queued) + self.counts["statuses_in_flight"]

    def schedule(self, status: dict, at: float) -> None:
        heapq.heappush(self._waiting, (at, next(self._sequence), Batch([status])))
        self._set_timer()

    async def post_now(self, raw: bytes) -> tuple[int, str]:
        """Post signed bytes once, beside the queue. Returns HTTP status (0: no answer) and body or fault."""
        self.counts["posted_by_hand"] += 1
        return await self._post(raw)

    async def fetch(self, address: str) -> tuple[int, str]:
        """GET, for the handshake. Returns HTTP status (0: no answer) and body or fault."""
        timeout = aiohttp.ClientTimeout(total=self.settings.webhook_timeout)
        try:
            async with self._session.get(address, timeout=timeout, allow_redirects=False) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return 0, f"{type(error).__name__}: {error}"

    def _set_timer(self) -> None:
        if not self._waiting:
            return
        at = max(self._waiting[0][0], time.monotonic() + TICK_SECONDS)
        if self._timer and not self._timer.cancelled() and self._timer.when() <= at:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            self._ready.append(heapq.heappop(self._waiting)[2])
        self._start_posts()
        self._set_timer()

    def _start_posts(self) -> None:
        if not self.settings.webhook_url:
            self.counts["dropped_without_url"] += sum(len(batch.statuses) for batch in self._ready)
            self._ready.clear()
        while self._ready and self._in_flight < self.settings.webhook_concurrency:
            batch = self._next_batch()
            self._in_flight += 1
            self.counts["statuses_in_flight"] += len(batch.statuses)
            task = asyncio.create_task(self._deliver(batch, self._generation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _next_batch(self) -> Batch:
        """The next POST. Where more statuses wait than may be in flight, several go into one."""
        batch = self._ready.popleft()
        if batch.raw:
            return batch
        size = self.settings.statuses_per_webhook
        backlog = len(self._ready) + 1
        if backlog > self.settings.webhook_concurrency:
            fair = -(-backlog // self.settings.webhook_concurrency)
            size = max(size, min(fair, self.settings.statuses_per_webhook_under_load))
        while len(batch.statuses) < size and self._ready and not self._ready[0].raw:
            batch.statuses += self._ready.popleft().statuses
        return batch

    async def _deliver(self, batch: Batch, generation: int) -> None:
        if not batch.raw:
            value = statuses_value(batch.statuses, self.settings)
            batch.raw = encoded(envelope("messages", value, self.settings))
            batch.give_up_at = time.monotonic() + self.settings.retry_for
            batch.next_wait = self.settings.retry_first
        status, _ = await self._post(batch.raw)
        self._in_flight -= 1
        if generation == self._generation:
            self.counts["statuses_in_flight"] -= len(batch.statuses)
            self._record(batch, status)
        self._start_posts()

    def _record(self, batch: Batch, http_status: int) -> None:
        self.counts["posts"] += 1
        self.counts[f"answered_{http_status}" if http_status else "not_answered"] += 1
        if http_status == 200:
            self.counts["statuses_acknowledged"] += len(batch.statuses)
            self.acknowledged += [
                Acknowledged(one["id"], one["status"], one["timestamp"]) for one in batch.statuses
            ]
        elif time.monotonic() + batch.next_wait > batch.give_up_at:
            self.counts["statuses_given_up"] += len(batch.statuses)
        else:
            at = time.monotonic() + batch.next_wait
            batch.next_wait = min(2 * batch.next_wait, self.settings.retry_most)
            heapq.heappush(self._waiting, (at, next(self._sequence), batch))
            self._set_timer()

    async def _post(self, raw: bytes) -> tuple[int, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature(self.settings.app_secret, raw),
        }
        timeout = aiohttp.ClientTimeout(total=self.settings.webhook_timeout)
        try:
            async with self._session.post(
                self.settings.webhook_url, data=raw, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, (await answer.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return 0, f"{type(error).__name__}: {error}"
