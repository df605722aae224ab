"""A load of questions: raw HTTP over connections that stay open, so that it takes as little of the machine as it can.

It runs as a process of its own: `python -m bench.stats_client`, the order as JSON on standard input.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

# A connection stays with one worker of the server. Taking new ones now and then spreads the load over all of them.
REQUESTS_PER_CONNECTION = 50
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    port: int
    path: str
    token: str
    connections: int
    seconds: float


def rate(order: Order) -> float:
    """Answers a second, of a new process. Raises RuntimeError when an answer is not 200."""
    run = subprocess.run(
        [sys.executable, "-m", "bench.stats_client"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(run.stderr)
    return float(run.stdout)


async def ask(order: Order) -> float:
    request = (
        f"GET {order.path} HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {order.token}\r\n\r\n"
    ).encode()
    begin = time.perf_counter()
    counts = await asyncio.gather(*(_connection(order, request, begin) for _ in range(order.connections)))
    return sum(counts) / (time.perf_counter() - begin)


async def _connection(order: Order, request: bytes, begin: float) -> int:
    answered = 0
    while time.perf_counter() < begin + order.seconds:
        reader, writer = await asyncio.open_connection("127.0.0.1", order.port)
        for _ in range(REQUESTS_PER_CONNECTION):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(head.decode())
            await reader.readexactly(int(_LENGTH.search(head)[1]))
            answered += 1
            if time.perf_counter() >= begin + order.seconds:
                break
        writer.close()
    return answered


if __name__ == "__main__":
    print(asyncio.run(ask(Order(**json.load(sys.stdin)))))
