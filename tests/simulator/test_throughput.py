"""How many messages a second are let through, and how many the simulator can carry."""

import asyncio
import json
import re
import time

import pytest

from tests.simulator.sending import a_message, error_of, send
from tests.simulator_process import RunningSimulator


def test_above_the_throughput_code_130429_comes_and_a_second_later_it_goes_on(simulator):
    simulator.settings(throughput=3, throughput_slack=0)
    responses = [send(simulator, a_message()) for _ in range(5)]

    assert [response.status_code for response in responses] == [200] * 3 + [429] * 2
    assert error_of(responses[-1])["code"] == 130429
    time.sleep(1.05)
    assert send(simulator, a_message()).status_code == 200


def test_a_little_more_than_the_throughput_is_let_through_for_jitter(simulator):
    simulator.settings(throughput=4, throughput_slack=0.25)

    assert [send(simulator, a_message()).status_code for _ in range(7)].count(200) == 5


def test_the_busiest_second_is_counted(simulator):
    for _ in range(4):
        send(simulator, a_message())
    time.sleep(1.05)
    send(simulator, a_message())

    assert simulator.counts()["peak_per_second"] == 4


@pytest.mark.slow
def test_a_thousand_messages_a_second_are_carried_with_their_statuses():
    rate, statuses = asyncio.run(flood(seconds=4, connections=48))

    assert rate >= 1000
    assert statuses >= 1000


async def flood(seconds: float, connections: int) -> tuple[float, float]:
    """Messages accepted and statuses received a second, by a bare client and a bare receiver in this process."""
    receiver = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/webhook"
    with await asyncio.to_thread(RunningSimulator, webhook_url=url) as simulator:
        end = time.monotonic() + seconds
        accepted = await asyncio.gather(
            *(send_until(end, simulator, first) for first in range(0, connections * 10_000, 10_000))
        )
        rates = sum(accepted) / seconds, Receiver.statuses / seconds
    receiver.close()
    return rates


async def send_until(end: float, simulator: RunningSimulator, first: int) -> int:
    host, _, port = simulator.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    count = 0
    while time.monotonic() < end:
        body = json.dumps(a_message(f"+9198{first + count % 9000:08d}")).encode()
        head = f"POST {simulator.messages_url.removeprefix(simulator.url)} HTTP/1.1\r\nHost: {host}\r\n"
        head += f"Authorization: Bearer {simulator.access_token}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", answer)[1]))
        count += 1
    writer.close()
    return count


class Receiver(asyncio.Protocol):
    """Answers every webhook with 200 and counts the statuses in it."""

    statuses = 0

    def connection_made(self, transport):
        self.transport, self.data = transport, b""

    def data_received(self, data):
        self.data += data
        head, end, rest = self.data.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if end and length and len(rest) >= int(length[1]):
            Receiver.statuses += rest.count(b'"status":')
            self.data = b""
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
