"""A signal reaches the chosen process at exactly the chosen point of its request."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tests.simulator.sending import a_message, send

# Sends messages one after the other over one kept connection, and says which were answered.
SENDER = textwrap.dedent("""
    import sys, requests, json
    sys.stdin.readline()
    url, token, body = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    session = requests.Session()
    session.trust_env = False
    for number in range(1000):
        body["to"] = f"+9198123{number:05d}"
        body["biz_opaque_callback_data"] = str(number)
        session.post(url, json=body, headers={"Authorization": "Bearer " + token}, timeout=10)
        print(number, flush=True)
""")


@pytest.fixture
def a_sender(simulator):
    """Starts a process that sends messages one after the other, once it is told to on stdin."""
    started = []

    def start():
        message = json.dumps(a_message())
        process = subprocess.Popen(
            [sys.executable, "-c", SENDER, simulator.messages_url, simulator.access_token, message],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def run_until_killed(process):
    """Let it send, and return how many of its messages had been answered when it was killed."""
    answered, _ = process.communicate("go\n", timeout=20)
    assert process.returncode == -signal.SIGKILL
    return len(answered.splitlines())


@pytest.mark.parametrize(
    ("point", "accepted", "most_answered"),
    [("after_headers", 2, 2), ("after_body", 3, 2), ("after_accept", 3, 2), ("after_response", 3, 5)],
)
def test_the_third_request_is_killed_at_its_point(simulator, a_sender, point, accepted, most_answered):
    process = a_sender()
    simulator.kill_point(point, process.pid, after=3)
    answered = run_until_killed(process)
    simulator.wait_for(lambda counts: sum(counts["outcomes"].values()) == counts["posts"])

    posts = simulator.log()
    # Headers may arrive with the body; after the answer there may be time for another request.
    assert [post["outcome"] for post in posts[:accepted]] == ["accepted"] * accepted
    assert posts[2]["killed"] == point and [post["killed"] for post in posts].count(None) == len(posts) - 1
    assert 2 <= answered <= most_answered
    [fired] = simulator.counts()["kill_points"]["fired"]
    assert fired["post"] == 3 and fired["was_alive"] is True


def test_on_connect_kills_before_anything_is_sent_and_only_the_chosen_process(simulator, a_sender):
    process = a_sender()
    simulator.kill_point("on_connect", process.pid)
    send(simulator, a_message())  # another process's connection does not count
    assert process.poll() is None

    assert run_until_killed(process) == 0
    assert [post["killed"] for post in simulator.log()] == [None]


def test_while_a_connect_is_awaited_connections_are_not_kept(simulator, a_sender):
    process = a_sender()
    simulator.kill_point("on_connect", process.pid, after=3)

    assert run_until_killed(process) == 2
    assert simulator.counts()["accepted"] == 2


def test_a_whole_group_can_be_killed(simulator, a_sender):
    process = a_sender()
    simulator.kill_point("after_accept", process.pid, group=True)

    run_until_killed(process)
    assert simulator.counts()["accepted"] == 1


def test_other_signals_can_be_sent(simulator, a_sender):
    process = a_sender()
    simulator.kill_point("after_accept", process.pid, after=2, signal="STOP")
    process.stdin.write("go\n")
    process.stdin.flush()
    simulator.wait_for(lambda counts: counts["accepted"] == 2)
    time.sleep(0.3)
    assert simulator.counts()["posts"] == 2

    os.kill(process.pid, signal.SIGCONT)
    simulator.wait_for(lambda counts: counts["accepted"] > 4)


@pytest.mark.parametrize(
    "request_changes",
    [
        {"point": "before_breakfast"},
        {"pid": 1},
        {"pid": 0},
        {"pid": "x"},
        {"after": 0},
        {"signal": "HUG"},
        {"x": 1},
    ],
)
def test_a_kill_point_that_makes_no_sense_is_refused(simulator, request_changes):
    with pytest.raises(ValueError, match="error"):
        simulator.kill_point(**{"point": "after_body", "pid": 999_999, **request_changes})


def test_the_simulator_is_not_killed(simulator):
    with pytest.raises(ValueError, match="not this simulator"):
        simulator.kill_point("after_body", simulator.pid)
