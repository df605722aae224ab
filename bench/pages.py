"""What each page costs with one campaign to a million people among 200 campaigns, against the same with a thousand among 5, and
against a bare Flask view that renders an empty base template; all under gunicorn, over HTTP, in turn.

Run: python -m bench.pages
"""

import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import requests

from bench.common import app_on, fresh_database, kinds, parser
from bench.large_shop import Shop, fill
from tests.page_checks import PASSWORD
from tests.server_process import ROOT, RunningApp, free_port

PAGES = (
    "/", "/campaigns", "/campaigns?sort=read", "/campaigns/{campaign}", "/campaigns/{campaign}/_progress", "/campaigns/{campaign}/schedule",
    "/campaigns/{campaign}/compare", "/campaigns/{campaign}/recipients", "/campaigns/{campaign}/recipients?status=failed",
    "/campaigns/{campaign}/recipients/{person}", "/campaigns/{campaign}/failures", "/campaigns/{campaign}/failures?code=131026",
    "/failures", "/customers", "/customers/{customer}", "/segments", "/templates", "/opt-outs", "/settings",
)  # fmt: skip
ENVIRON = {"SCHEDULER_ENABLED": "0", "BUSINESS_TIMEZONE": "Asia/Kolkata"}


def main() -> None:
    options = parser(__doc__, rounds=5)
    options.add_argument("--recipients", type=int, default=1_000_000, help="people in the large campaign")
    options.add_argument("--campaigns", type=int, default=200, help="campaigns beside it")
    options.add_argument("--requests", type=int, default=8, help="requests of each page and side in a round")
    chosen = options.parse_args()
    for kind in kinds(chosen.database):
        compare(kind, chosen)


def compare(kind: str, chosen) -> None:
    with ExitStack() as stack:
        sides = []
        for recipients, campaigns in ((1000, 5), (chosen.recipients, chosen.campaigns)):
            url = stack.enter_context(fresh_database(kind))
            print(f"{kind}: {recipients:,} people and {campaigns} campaigns are filled in", flush=True)
            with app_on(url):
                shop = fill(recipients, campaigns)
            server = stack.enter_context(RunningApp(url, workers=1, **ENVIRON))
            sides.append(Visitor(server.url, shop))
        bare = requests.Session()
        bare_url = f"http://127.0.0.1:{stack.enter_context(bare_server())}/"
        print(f"\nPages, {kind} ({chosen.recipients:,} people, {chosen.campaigns} campaigns)\n")
        print("| page | 1,000 people, 5 campaigns | large | large / small | bare view | large / bare |")
        print("|---|---|---|---|---|---|")
        for pattern in PAGES:
            few, many, floor = [], [], []
            for place in range(chosen.rounds + 1):
                times = (
                    seconds(sides[0].session, sides[0].address(pattern), chosen.requests),
                    seconds(sides[1].session, sides[1].address(pattern), chosen.requests),
                    seconds(bare, bare_url, chosen.requests),
                )
                if place:  # the first round fills the caches of all three
                    for values, value in zip((few, many, floor), times, strict=True):
                        values.append(value)
            small, large, empty = (1000 * statistics.median(values) for values in (few, many, floor))
            print(
                f"| `{pattern}` | {small:.1f} ms | {large:.1f} ms | {large / small:.2f} × | {empty:.1f} ms | {large / empty:.1f} × |",
                flush=True,
            )


class Visitor:
    """A signed-in browser of one of the two servers."""

    def __init__(self, url: str, shop: Shop):
        self._url, self._shop = url, shop
        self.session = requests.Session()
        page = self.session.get(f"{url}/login", timeout=60).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "email": "admin@example.com", "password": PASSWORD}
        self.session.post(f"{url}/login", data=form, timeout=60).raise_for_status()

    def address(self, pattern: str) -> str:
        return self._url + pattern.format(**vars(self._shop))


def seconds(session: requests.Session, address: str, times: int) -> float:
    """The fastest of `times` requests, one after the other: other work on the machine only adds to them."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        answer = session.get(address, timeout=120, allow_redirects=False)
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return min(taken)


@contextmanager
def bare_server() -> Iterator[int]:
    """The floor under gunicorn; the port that it listens on."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "bench.bare_page:app", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--worker-class", "gthread", "--threads", "16", "--keep-alive", "75", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    # In a folder without a gunicorn.conf.py, which gunicorn would read by itself.
    server = subprocess.Popen(command, cwd=ROOT / "bench", env={"PYTHONPATH": str(ROOT)})
    try:
        until = time.monotonic() + 20
        while not _answers(port):
            assert time.monotonic() < until and server.poll() is None, "the bare server did not start"
            time.sleep(0.05)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except requests.RequestException:
        return False


if __name__ == "__main__":
    main()
