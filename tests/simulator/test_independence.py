"""The simulator stands alone: it uses nothing of the app, listens to this machine only, and starts by one command."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import campaign_app
from tests.simulator.sending import a_message, send
from tests.simulator_process import RunningSimulator

APP = Path(campaign_app.__file__).parent
MODULES = sorted((APP / "simulator").glob("*.py"))
ROOT = APP.parent


def run(*arguments, module="campaign_app.simulator"):
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_the_standard_library_aiohttp_and_its_neighbours_only(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"line {node.lineno} leaves the simulator"
            names = [node.module] if node.level == 0 else []
        else:
            continue
        for name in names:
            root = name.partition(".")[0]
            assert root in sys.stdlib_module_names or root == "aiohttp", f"{name} in line {node.lineno}"


def test_it_starts_as_a_module_of_the_app_and_stops_on_sigterm():
    command = [sys.executable, "-m", "campaign_app.simulator", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert re.fullmatch(r"Cloud API simulator on http://127\.0\.0\.1:\d+\n", process.stdout.readline())
    finally:
        process.terminate()
    assert process.wait(10) == 0


def test_help_shows_every_setting_and_the_table_of_endings():
    answer = run("--help")

    assert answer.returncode == 0
    for text in (
        "--sent-delay",
        "--loss-rate",
        "--statuses-per-webhook",
        "9000-9149",
        "77CCCCCC",
        "refused:CODE",
    ):
        assert text in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--read-rate", "2"], "read_rate is a share"),
        (["--sent-delay", "9-1"], "a range is written LEAST-MOST"),
        (["--outage", "storm"], "'storm' is no fate"),
        (["--port", "x"], "port"),
    ],
)
def test_an_option_that_does_not_fit_stops_the_start_with_its_name(arguments, reason):
    answer = run(*arguments)

    assert answer.returncode == 2
    assert reason in answer.stderr and "Traceback" not in answer.stderr


def test_a_port_in_use_is_said_in_one_line():
    with RunningSimulator() as simulator:
        answer = run("--port", simulator.url.rpartition(":")[2])

    assert answer.returncode == 1
    assert re.fullmatch(r"Cannot listen on 127\.0\.0\.1:\d+: Address already in use\n", answer.stderr)


def test_fast_shortens_waits_and_what_is_given_wins():
    with RunningSimulator(fast=True, read_delay="7-8") as simulator:
        fast = simulator.settings()
    with RunningSimulator(fast=False) as simulator:
        slow = simulator.settings()

    assert fast["delivered_delay"][1] < slow["delivered_delay"][1]
    assert fast["read_delay"] == [7, 8]


def test_the_handshake_is_made_when_asked(running_sink):
    running_sink.handshakes.clear()
    with RunningSimulator(webhook_url=running_sink.url, verify=True) as simulator:
        simulator.wait_for(lambda counts: counts["handshake"] == "verified")

    assert running_sink.handshakes[0]["hub.verify_token"] == simulator.verify_token


def test_it_serves_on_after_many_broken_requests(simulator):
    for raw in (b"{", b"", b"\x00" * 100):
        for _ in range(50):
            assert send(simulator, raw).status_code == 400

    assert send(simulator, a_message()).status_code == 200
