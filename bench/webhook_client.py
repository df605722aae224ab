"""A load of webhooks: raw HTTP over connections that stay open, so that it takes as little of the machine as it can.

It runs as a process of its own: `python -m bench.webhook_client`, the order as JSON on standard input.
"""

import asyncio
import hashlib
import hmac
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from campaign_app.domain.ids import new_id

# A connection stays with one worker of the server. Taking new ones now and then spreads the load over all of them.
REQUESTS_PER_CONNECTION = 20
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """What to send. Without `per_second` as fast as the answers come; else so many a second, late ones included."""

    port: int
    secret: str
    connections: int
    seconds: float
    per_second: float | None = None


@dataclass(frozen=True)
class Load:
    """What came of it. Times are milliseconds from when a request was due to the end of its answer."""

    answered: int
    per_second: float
    median: float
    p99: float


def load(order: Order) -> Load:
    """Send in a new process, and wait for it. Raises RuntimeError when an answer is not 200."""
    run = subprocess.run(
        [sys.executable, "-m", "bench.webhook_client"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(run.stderr)
    return Load(**json.loads(run.stdout))


async def send(order: Order) -> Load:
    begin = time.perf_counter() + 0.2
    requests = enumerate(signed_requests(order))
    times: list[float] = []
    await asyncio.gather(*(_connection(order, requests, begin, times) for _ in range(order.connections)))
    seconds = time.perf_counter() - begin
    hundredths = statistics.quantiles(times, n=100)
    return Load(len(times), len(times) / seconds, 1000 * statistics.median(times), 1000 * hundredths[98])


async def _connection(
    order: Order, requests: Iterator[tuple[int, bytes]], begin: float, times: list[float]
) -> None:
    await asyncio.sleep(begin - time.perf_counter())
    while time.perf_counter() < begin + order.seconds:
        reader, writer = await asyncio.open_connection("127.0.0.1", order.port)
        for _ in range(REQUESTS_PER_CONNECTION):
            number, request = next(requests)
            due = time.perf_counter() if order.per_second is None else begin + number / order.per_second
            if due >= begin + order.seconds:
                break
            await asyncio.sleep(due - time.perf_counter())
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(head.decode())
            length = _LENGTH.search(head)
            if length and int(length[1]):
                await reader.readexactly(int(length[1]))
            times.append(time.perf_counter() - due)
        writer.close()


def signed_requests(order: Order) -> Iterator[bytes]:
    """Each with a status of its own, as WhatsApp sends them; no two bodies are alike."""
    while True:
        id_ = new_id()
        status = {
            "id": f"wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgS{id_.hex.upper()}", "status": "delivered",
            "timestamp": str(int(time.time())), "recipient_id": "919876543210", "biz_opaque_callback_data": str(id_),
            "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
        }  # fmt: skip
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "919876500000", "phone_number_id": "106540352242922"},
            "contacts": [
                {"profile": {"name": "Asha"}, "wa_id": "919876543210", "user_id": "IN.1349120865530274"}
            ],
            "statuses": [status],
        }
        entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps(
            {"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")
        ).encode()
        signature = hmac.new(order.secret.encode(), body, hashlib.sha256).hexdigest()
        head = (
            f"POST /webhook/whatsapp HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\nUser-Agent: facebookexternalua\r\n"
            f"Accept: */*\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(send(Order(**json.load(sys.stdin)))))))
