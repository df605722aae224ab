"""One running simulator and one webhook receiver for each test file, as new before each test."""

import pytest

from tests.simulator.webhook_sink import WebhookSink
from tests.simulator_process import RunningSimulator


@pytest.fixture(scope="module")
def running_sink():
    sink = WebhookSink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def running_simulator(running_sink):
    with RunningSimulator(webhook_url=running_sink.url, latency="0", read_delay="0.05-0.3") as simulator:
        yield simulator
        assert simulator.errors() == ""


@pytest.fixture
def simulator(running_simulator, running_sink):
    running_simulator.reset()
    running_sink.clear()
    return running_simulator


@pytest.fixture
def sink(simulator, running_sink):
    return running_sink
