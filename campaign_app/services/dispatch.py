"""POSTing what is authorised: threads that each wait for their departure time, send once, and report."""

import queue
import sys
import threading
import time
from collections.abc import Callable
from uuid import UUID

from campaign_app.domain.clock import utc_now
from campaign_app.domain.rate_limit import Departures
from campaign_app.services.claims import Intent
from campaign_app.services.send_outcomes import Result
from campaign_app.whatsapp.client import CloudApi
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome

# Seconds. The thread that writes to the database lets others run at every statement, and gets its turn back this much later at
# worst, not after Python's 5 ms: answered requests wait for it.
TURN = 0.001


class Dispatcher:
    """At most `concurrency` requests at once. Touches no database.

    `may_send` is asked before each POST and again before its first byte: when it says no, or the day is over, the intent is
    released, as nothing has left yet.
    """

    def __init__(self, api: CloudApi, concurrency: int, departures: Departures, may_send: Callable[[], bool]):
        self._api = api
        self._departures = departures
        self._may_send = may_send
        self._waiting: queue.SimpleQueue[tuple[float, Intent] | None] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._in_flight: set[UUID] = set()
        self.concurrency = concurrency
        sys.setswitchinterval(TURN)
        self._threads = [
            threading.Thread(target=self._work, name=f"send-{number}", daemon=True)
            for number in range(concurrency)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    @property
    def in_flight_ids(self) -> frozenset[UUID]:
        return frozenset(self._in_flight)

    @property
    def free(self) -> int:
        return self.concurrency - len(self._in_flight)

    def send(self, intent: Intent, departure: float) -> None:
        """POST `intent` at `departure`, on the monotonic clock in seconds."""
        self._in_flight.add(intent.message_id)
        self._waiting.put((departure, intent))

    def gather(self, wait: float, settle_for: float) -> list[Result]:
        """The results so far. Waits up to `wait` seconds for the first, then up to `settle_for` for company."""
        results = []
        try:
            results.append(self._finished.get(timeout=wait) if wait > 0 else self._finished.get_nowait())
            until = time.monotonic() + settle_for
            while len(results) < 500:
                results.append(self._finished.get(timeout=max(0.0, until - time.monotonic())))
        except queue.Empty:
            pass
        for result in results:
            self._in_flight.discard(result.message_id)
        return results

    def close(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            departure, intent = item
            _sleep_until(departure)
            turn = _Turn(intent, self._departures, self._may_send)
            outcome = None
            if turn.is_permitted():
                try:
                    outcome = self._api.send(intent.payload, turn.may_leave)
                except Exception as error:  # whatever happened, it may have been sent
                    outcome = SendOutcome(SendKind.UNKNOWN, detail=f"{type(error).__name__} while sending")
                if outcome.kind is SendKind.NOT_SENT and not turn.is_permitted():
                    outcome = None
            self._finished.put(Result(intent.message_id, outcome, utc_now()))


class _Turn:
    """One request's way out: it waits at the gate of the rate when all is ready to be written, and not before."""

    def __init__(self, intent: Intent, departures: Departures, may_send: Callable[[], bool]):
        self._intent = intent
        self._departures = departures
        self._may_send = may_send
        self._waited = False

    def is_permitted(self) -> bool:
        return self._may_send() and utc_now() < self._intent.leaves_before

    def may_leave(self) -> bool:
        if not self._waited:
            self._waited = True
            reserved = self._departures.reserve(time.monotonic())
            _sleep_until(reserved)
            self._departures.left(reserved, time.monotonic())
        return self.is_permitted()


def _sleep_until(clock: float) -> None:
    while (ahead := clock - time.monotonic()) > 0:
        time.sleep(ahead)
