"""One running simulator and one webhook receiver for each test file, as new before each test."""

import pytest

from tests.simulator.webhook_sink import WebhookSink
from tests.simulator_process import RunningSimulator

# Far enough apart that statuses posted on different connections arrive in their order.
SHORT = {
    "latency": "0",
    "late_answer": 0.2,
    "sent_delay": "0.01-0.05",
    "delivered_delay": "0.08-0.12",
    "read_delay": "0.08-0.12",
    "failed_delay": "0.08-0.12",
    "repeat_delay": "0-0.2",
}


@pytest.fixture(scope="module")
def running_sink():
    sink = WebhookSink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def running_simulator(running_sink):
    with RunningSimulator(webhook_url=running_sink.url, **SHORT) as simulator:
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
