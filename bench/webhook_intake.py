"""Webhooks taken in a second, each committed before its 200, against a bare Flask view that only checks the signature.

Both run under gunicorn with the same workers and threads. Run: python -m bench.webhook_intake
"""

import runpy
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import requests
from sqlalchemy import ColumnElement, func, select

from bench.applying import STATUSES, SentCampaign
from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from bench.webhook_client import Load, Order, load
from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.recount import mismatches
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
    options.add_argument(
        "--backlog",
        type=int,
        default=0,
        help="statuses, one a body, that wait when the measuring begins: measure for as long as the app applies them",
    )
    chosen = options.parse_args()
    measure = compare_beside_backlog if chosen.backlog else compare
    figures = [figure for kind in kinds(chosen.database) for figure in measure(kind, chosen)]
    report("Webhook intake", "committed, then 200", "bare signature check", figures)


def compare(kind: str, chosen) -> list[Figure]:
    jobs = "1" if chosen.with_jobs else "0"
    with fresh_database(kind) as url, bare_server(chosen.workers, chosen.threads) as port, app_on(url):
        threads = str(chosen.threads)
        with RunningApp(url, workers=chosen.workers, WEB_THREADS=threads, SCHEDULER_ENABLED=jobs) as app:
            ours, floor = Side(app.port, chosen), Side(port, chosen)
            ours.warm_up(), floor.warm_up()  # every thread has its connection to the database from here on
            rates = in_turn(chosen.rounds, ours.measure, floor.measure)
        assert stored() == ours.answered, f"{ours.answered} answered with 200, {stored()} stored"
    name = f"webhook intake{' while applying' if chosen.with_jobs else ''}, {kind}"
    if chosen.per_second is None:
        return [Figure.of_rates(name, *rates)]
    return _of_times(f"{name}, at {chosen.per_second:.0f}/s", ours, floor)


def compare_beside_backlog(kind: str, chosen) -> list[Figure]:
    """The intake while a backlog is applied, against the bare view while nothing else happens."""
    with fresh_database(kind) as url, bare_server(chosen.workers, chosen.threads) as port, app_on(url):
        SentCampaign(chosen.backlog // len(STATUSES), per_body=1).prepare()
        backlog = waiting()
        with RunningApp(url, workers=chosen.workers, WEB_THREADS=str(chosen.threads)) as app:
            ours, floor = Side(app.port, chosen), Side(port, chosen)
            began, newest = time.monotonic(), utc_now()
            while waiting(newest):
                ours.measure()
            seconds = time.monotonic() - began
            rates = in_turn(chosen.rounds, floor.measure)
        assert stored() == ours.answered + backlog, f"{ours.answered} answered with 200, {stored()} stored"
        assert mismatches() == []
        db.session.rollback()
    name = f"webhook intake while {backlog:,} statuses are applied, {kind}"
    drained = Figure(
        f"{backlog:,} statuses applied beside the intake, {kind}", f"{backlog / seconds:,.0f}/s", "", ""
    )
    if chosen.per_second is None:
        return [Figure.of_rates(name, ours.median("per_second"), *rates), drained]
    return [*_of_times(f"{name}, at {chosen.per_second:.0f}/s", ours, floor), drained]


def _of_times(name: str, ours: "Side", floor: "Side") -> list[Figure]:
    return [
        Figure.of_times(f"{name}, {part}", ours.median(part) / 1000, floor.median(part) / 1000)
        for part in ("median", "p99")
    ]


class Side:
    """One of the two servers under load."""

    def __init__(self, port: int, chosen):
        self._order = Order(port, SECRET, chosen.connections, chosen.seconds, chosen.per_second)
        self._loads: list[Load] = []
        self._before = 0

    @property
    def answered(self) -> int:
        return self._before + sum(one.answered for one in self._loads)

    def warm_up(self) -> None:
        self._before += load(self._order).answered

    def measure(self) -> float:
        """Answers a second."""
        self._loads.append(load(self._order))
        return self._loads[-1].per_second

    def median(self, part: str) -> float:
        """Of the rounds; times in milliseconds."""
        return statistics.median(getattr(one, part) for one in self._loads)


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
    return _count()


def waiting(until: datetime | None = None) -> int:
    """Bodies that are not applied yet; only those received until then, if given."""
    return _count(
        WebhookEvent.state == "waiting", *([] if until is None else [WebhookEvent.received_at <= until])
    )


def _count(*conditions: ColumnElement[bool]) -> int:
    with reading():
        count = db.session.scalar(select(func.count()).select_from(WebhookEvent).where(*conditions))
        db.session.rollback()
    return count


if __name__ == "__main__":
    main()
