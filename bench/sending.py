"""Sending, as WhatsApp's side sees it: how much of the configured rate is used, and how near the engine comes to a bare
loop of ThreadPoolExecutor and requests.Session.

Run: python -m bench.sending
"""

import time
from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import local

import requests
from sqlalchemy import delete, insert

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.whatsapp.payloads import send_request
from tests.engine import a_launched_campaign, process, the_campaign, wait_until
from tests.server_process import RunningApp, free_port
from tests.simulator_process import RunningSimulator

TEMPLATE = "holiday_sale_template"
SPECIAL_ENDINGS = range(9000, 9800)  # of numbers for which the simulator does something else than deliver


def main() -> None:
    options = parser(__doc__, rounds=2)
    options.add_argument(
        "--part", choices=("rate", "speed", "both"), default="both", help="which of the two is measured"
    )
    options.add_argument(
        "--seconds", type=int, default=10, help="length of the measurement at the configured rate"
    )
    options.add_argument("--rate", type=int, default=80, help="SEND_RATE_PER_SECOND of that measurement")
    options.add_argument(
        "--messages", type=int, default=400, help="messages in each round of the measurement of speed"
    )
    options.add_argument(
        "--latency", type=float, default=0.15, help="seconds in which the simulator answers then"
    )
    options.add_argument(
        "--concurrency", type=int, nargs="*", default=[32, 128], help="requests in flight then"
    )
    chosen = options.parse_args()
    if chosen.part != "speed":
        title = f"Sending at {chosen.rate} messages a second for {chosen.seconds} s, gunicorn with 2 workers"
        report(title, "sent", "configured", [rate_used(kind, chosen) for kind in kinds(chosen.database)])
    if chosen.part != "rate":
        speeds = [speed(kind, some, chosen) for kind in kinds(chosen.database) for some in chosen.concurrency]
        title = f"Sending without a limit to a provider that answers in {1000 * chosen.latency:.0f} ms, one process"
        report(title, "engine", "bare loop", speeds)


def rate_used(kind: str, chosen) -> Figure:
    """A real installation, with webhooks that come back while it sends."""
    port = free_port()
    with (
        fresh_database(kind) as url,
        RunningSimulator(
            webhook_url=f"http://127.0.0.1:{port}/webhook/whatsapp", messaging_limit="TIER_UNLIMITED"
        ) as simulator,
        campaign_app_on(simulator, url, SEND_RATE_PER_SECOND=str(chosen.rate)) as environ,
    ):
        people(chosen.rate * chosen.seconds)
        campaign_id = a_launched_campaign().id
        with RunningApp(url, port=port, **environ):
            wait_until(lambda: the_campaign(campaign_id).status == "completed", chosen.seconds * 3 + 60, 0.5)
        arrivals = sorted(post["arrived_monotonic"] for post in simulator.log())
    assert len(arrivals) == chosen.rate * chosen.seconds, f"{len(arrivals)} messages arrived"
    achieved = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
    name = f"at most {busiest_second(arrivals)} in any second, {kind}"
    return Figure(name, f"{achieved:.1f}/s", f"{chosen.rate}/s", f"{100 * achieved / chosen.rate:.1f} %")


def busiest_second(arrivals: list[float]) -> int:
    """The most arrivals in any second, wherever it begins.

    >>> busiest_second([0.0, 0.5, 0.9, 1.2, 1.3])
    4
    """
    return max(bisect_right(arrivals, at + 1) - first for first, at in enumerate(arrivals))


def speed(kind: str, concurrency: int, chosen) -> Figure:
    settings = {"SEND_RATE_PER_SECOND": "1000", "SEND_CONCURRENCY": str(concurrency)}
    with (
        fresh_database(kind) as url,
        RunningSimulator(latency=f"{chosen.latency}-{chosen.latency}") as simulator,
        campaign_app_on(simulator, url, **settings) as _,
    ):
        people(chosen.messages)

        def engine() -> float:
            simulator.reset()
            db.session.execute(delete(Campaign))
            db.session.commit()
            a_launched_campaign()
            process(None)
            return arrived_per_second(simulator, chosen.messages)

        def bare() -> float:
            simulator.reset()
            send_bare(simulator, chosen.messages, concurrency)
            return arrived_per_second(simulator, chosen.messages)

        engine(), bare()
        rates = in_turn(chosen.rounds, engine, bare)
    return Figure.of_rates(f"{concurrency} requests in flight, {kind}", *rates)


def arrived_per_second(simulator: RunningSimulator, messages: int) -> float:
    """From the first arrival to the last answer."""
    posts = simulator.log()
    assert len(posts) == messages, f"{len(posts)} of {messages} messages arrived"
    return messages / (max(post["answered_at"] for post in posts) - min(post["arrived_at"] for post in posts))


def send_bare(simulator: RunningSimulator, messages: int, concurrency: int) -> None:
    """The same requests, and nothing else: no database, no pace."""
    mine = local()

    def send(number: str) -> str:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
            mine.session.headers["Authorization"] = f"Bearer {simulator.access_token}"
        payload = send_request(number, TEMPLATE, "en_US", [], str(new_id()))
        answer = mine.session.post(simulator.messages_url, json=payload, timeout=20)
        return answer.json()["messages"][0]["id"]

    with ThreadPoolExecutor(concurrency) as pool:
        wamids = set(pool.map(send, list(ordinary_numbers(messages))))
    assert len(wamids) == messages


@contextmanager
def campaign_app_on(simulator: RunningSimulator, url: str, **environ: str) -> Iterator[dict[str, str]]:
    """An app context of this process on the database, and the settings that a server on it needs too."""
    settings = {
        "WHATSAPP_API_URL": simulator.url,
        "WHATSAPP_ACCESS_TOKEN": simulator.access_token,
        "WHATSAPP_APP_SECRET": simulator.app_secret,
        "MESSAGING_LIMIT": "unlimited",
        **environ,
    }
    with app_on(url, **settings):
        yield settings


def people(how_many: int) -> None:
    now = utc_now()
    rows = [
        {
            "id": new_id(),
            "phone_number": number,
            "tags": [],
            "attributes": {},
            "created_at": now,
            "updated_at": now,
        }
        for number in ordinary_numbers(how_many)
    ]
    db.session.execute(insert(Customer), rows)
    db.session.commit()


def ordinary_numbers(how_many: int) -> Iterator[str]:
    """Indian numbers whose messages the simulator takes and delivers."""
    number = 9_000_000_000
    for _ in range(how_many):
        while number % 10_000 in SPECIAL_ENDINGS:
            number += 1
        yield f"+91{number}"
        number += 1


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"\n{time.monotonic() - began:.0f} s")
