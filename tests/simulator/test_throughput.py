"""How many messages a second are let through, and how many the simulator can carry."""

import asyncio
import time

import aiohttp
import pytest

from tests.simulator.sending import a_message, error_of, send
from tests.simulator_process import RunningSimulator


def test_above_the_throughput_code_130429_comes_and_a_second_later_it_goes_on(simulator):
    simulator.settings(throughput=5, throughput_slack=0)
    responses = [send(simulator, a_message()) for _ in range(8)]

    assert [response.status_code for response in responses] == [200] * 5 + [429] * 3
    assert error_of(responses[-1])["code"] == 130429
    time.sleep(1.05)
    assert send(simulator, a_message()).status_code == 200


def test_a_little_more_than_the_throughput_is_let_through_for_jitter(simulator):
    simulator.settings(throughput=8, throughput_slack=0.25)

    assert [send(simulator, a_message()).status_code for _ in range(11)].count(200) == 10


def test_the_busiest_second_is_counted(simulator):
    for _ in range(4):
        send(simulator, a_message())
    time.sleep(1.05)
    send(simulator, a_message())

    assert simulator.counts()["peak_per_second"] == 4


@pytest.mark.slow
def test_a_thousand_messages_a_second_are_carried_with_their_statuses(running_sink):
    with RunningSimulator() as simulator:
        rate = asyncio.run(_flood(simulator, seconds=4, connections=64))
    assert rate >= 1000


async def _flood(simulator, seconds: float, connections: int) -> float:
    """Messages a second accepted, while every status goes to a receiver in this process."""
    from aiohttp import web  # noqa: PLC0415

    raise NotImplementedError
