"""Webhooks taken in a second, each committed before its 200, against a bare Flask view that only checks the signature.

Both run under gunicorn with the same workers and threads. Run: python -m bench.webhook_intake
"""

import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from sqlalchemy import func, select

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from bench.webhook_client import Load, Order, load
from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.webhook_event import WebhookEvent
from tests.databases import DEFAULTS
from tests.server_process import ROOT, RunningApp, free_port

SECRET = DEFAULTS["WHATSAPP_APP_SECRET"]
OURS = runpy.run_path(str(ROOT / "gunicorn.conf.py"))


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument("--seconds", type=float, default=3, help="length of one measurement")
    options.add_argument("--connections", type=int, default=32, help="webhooks in flight at once")
    options.add_argument("--workers", type=int, default=2, help="gunicorn's workers, on both sides")
    options.add_argument(
        "--threads", type=int, default=OURS["threads"], help="threads of each worker, on both sides"
    )
    options.add_argument(
        "--per-second", type=float, help="measure the times of answers at this rate instead of the most"
    )
    options.add_argument(
        "--with-jobs", action="store_true", help="let the app apply the webhooks at the same time"
    )
    chosen = options.parse_args()
    figures = [figure for kind in kinds(chosen.database) for figure in compare(kind, chosen)]
    report("Webhook intake", "committed, then 200", "bare signature check", figures)


def compare(kind: str, chosen) -> list[Figure]:
    jobs = "1" if chosen.with_jobs else "0"
    with fresh_database(kind) as url, bare_server(chosen.workers, chosen.threads) as port, app_on(url):
        threads = str(chosen.threads)
        with RunningApp(url, workers=chosen.workers, WEB_THREADS=threads, SCHEDULER_ENABLED=jobs) as app:
            ours, floor = Side(app.port, chosen), Side(port, chosen)
            ours.measure(), floor.measure()  # every thread has its connection to the database from here on
            rates = in_turn(chosen.rounds, ours.measure, floor.measure)
        assert stored() == ours.answered, f"{ours.answered} answered with 200, {stored()} stored"
    name = f"webhook intake{' while applying' if chosen.with_jobs else ''}, {kind}"
    if chosen.per_second is None:
        return [Figure.of_rates(name, *rates)]
    name = f"{name}, at {chosen.per_second:.0f}/s"
    return [
        Figure.of_times(f"{name}, {part}", ours.time(part) / 1000, floor.time(part) / 1000)
        for part in ("median", "p99")
    ]


class Side:
    """One of the two servers under load."""

    def __init__(self, port: int, chosen):
        self._order = Order(port, SECRET, chosen.connections, chosen.seconds, chosen.per_second)
        self._loads: list[Load] = []

    @property
    def answered(self) -> int:
        return sum(one.answered for one in self._loads)

    def measure(self) -> float:
        """Answers a second."""
        self._loads.append(load(self._order))
        return self._loads[-1].per_second

    def time(self, part: str) -> float:
        """Milliseconds: the middle one of the rounds after the first."""
        values = sorted(getattr(one, part) for one in self._loads[1:])
        return values[len(values) // 2]


@contextmanager
def bare_server(workers: int, threads: int) -> Iterator[int]:
    """The floor under gunicorn with the settings of the app's own gunicorn.conf.py; the port that it listens on."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "bench.bare_webhook:app", "--bind", f"127.0.0.1:{port}",
        "--workers", str(workers), "--worker-class", OURS["worker_class"], "--threads", str(threads),
        "--keep-alive", str(OURS["keepalive"]), "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    environ = {"WHATSAPP_APP_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    # In a folder without a gunicorn.conf.py, which gunicorn would read by itself.
    server = subprocess.Popen(command, cwd=ROOT / "bench", env=environ)
    try:
        until = time.monotonic() + 20
        while not answers(port):
            assert time.monotonic() < until and server.poll() is None, "the bare server did not start"
            time.sleep(0.05)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except requests.RequestException:
        return False


def stored() -> int:
    with reading():
        count = db.session.scalar(select(func.count()).select_from(WebhookEvent))
        db.session.rollback()
    return count


if __name__ == "__main__":
    main()
