"""The numbers of a campaign over the API, a second, against a bare Flask JSON view that checks a token in the same database.

Both run under gunicorn with the same workers and threads. Run: python -m bench.api_stats
"""

import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import requests

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from bench.stats_client import Order, rate
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.api_tokens import create_token
from tests.makers import a_campaign
from tests.server_process import ROOT, RunningApp, free_port

OURS = runpy.run_path(str(ROOT / "gunicorn.conf.py"))

# Of each kind one: what has still to be sent is planned anew at every question.
CAMPAIGNS = {
    "active": {
        "status": "active",
        "messages_pending": 750,
        "total_target_customers": 1000,
        "messages_sent": 250,
    },
    "completed": {"status": "completed", "total_target_customers": 1000, "messages_sent": 1000},
}


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument("--seconds", type=float, default=3, help="length of one measurement")
    options.add_argument("--connections", type=int, default=16, help="requests in flight at once")
    options.add_argument("--workers", type=int, default=2, help="gunicorn's workers, on both sides")
    options.add_argument(
        "--threads", type=int, default=OURS["threads"], help="threads of each worker, on both sides"
    )
    chosen = options.parse_args()
    figures = [figure for kind in kinds(chosen.database) for figure in compare(kind, chosen)]
    report("Numbers over the API", "the app", "bare token check", figures)


def compare(kind: str, chosen) -> list[Figure]:
    with fresh_database(kind) as url, app_on(url) as app:
        _, token = create_token("bench", "viewer", "bench", utc_now())
        made = {state: a_campaign(launched_at=utc_now(), **fields).id for state, fields in CAMPAIGNS.items()}
        db.session.commit()
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        threads = str(chosen.threads)
        with (
            bare_server(url, chosen.workers, chosen.threads) as bare,
            RunningApp(url, workers=chosen.workers, WEB_THREADS=threads, SCHEDULER_ENABLED="0", API_REQUESTS_PER_MINUTE="10000000") as running,
        ):  # fmt: skip
            return [
                Figure.of_rates(
                    f"stats of a campaign that is {state}, {kind}",
                    *in_turn(
                        chosen.rounds,
                        *(
                            partial(rate, Order(port, f"/api/marketing/campaigns/{campaign_id}/stats", token, chosen.connections, chosen.seconds))
                            for port in (running.port, bare)
                        ),
                    ),
                )
                for state, campaign_id in made.items()
            ]  # fmt: skip


@contextmanager
def bare_server(url: str, workers: int, threads: int) -> Iterator[int]:
    """The floor under gunicorn with the settings of the app's own gunicorn.conf.py; the port that it listens on."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "bench.bare_stats:app", "--bind", f"127.0.0.1:{port}",
        "--workers", str(workers), "--worker-class", OURS["worker_class"], "--threads", str(threads),
        "--keep-alive", str(OURS["keepalive"]), "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    # In a folder without a gunicorn.conf.py, which gunicorn would read by itself.
    server = subprocess.Popen(command, cwd=ROOT / "bench", env={"DATABASE_URL": url, "PYTHONPATH": str(ROOT)})
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


if __name__ == "__main__":
    main()
