"""The Cloud API simulator as a process of its own, for tests that send real HTTP."""

import atexit
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests

APP_FOLDER = Path(__file__).parent.parent / "campaign_app"
START_SECONDS = 20


class RunningSimulator:
    """Starts on a free port and waits until it listens; use as a context manager, or call `stop()`.

    Options are those of `SimulatorSettings`, ranges as text: `RunningSimulator(sent_delay="0-0.1")`.
    It starts fast, without a throughput limit, unless the options say otherwise.
    """

    access_token = "simulator-token"
    app_secret = "simulator-app-secret"
    verify_token = "simulator-verify-token"
    phone_number_id = "106540352242922"
    business_account_id = "102290129340398"

    def __init__(self, fast: bool = True, **options: object):
        options = {"port": 0, "throughput": 0, **options}
        for name in ("access_token", "app_secret", "verify_token", "phone_number_id", "business_account_id"):
            setattr(self, name, options.get(name, getattr(self, name)))
        # As a package of its own it starts in a third of the time, and cannot touch the app's code.
        command = [sys.executable, "-m", "simulator", *(["--fast"] if fast else [])]
        for name, value in options.items():
            if isinstance(value, bool):
                command.append(f"--{'' if value else 'no-'}{name.replace('_', '-')}")
            else:
                command += [f"--{name.replace('_', '-')}", str(value)]
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            command,
            cwd=APP_FOLDER,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )
        atexit.register(self.stop)
        self._session = requests.Session()
        self._session.trust_env = False
        self.url = self._wait_until_ready()

    def __enter__(self) -> "RunningSimulator":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def messages_url(self) -> str:
        return f"{self.url}/v25.0/{self.phone_number_id}/messages"

    def log(self, since: int = 0) -> list[dict]:
        """Every POST to /messages after the `since`-th, in the order of arrival."""
        return self._lines("log", since)

    def statuses(self, since: int = 0) -> list[dict]:
        """Every status that the webhook's receiver has answered with 200."""
        return self._lines("statuses", since)

    def counts(self) -> dict:
        return self._answer(self._session.get(f"{self.url}/_simulator/counts", timeout=10))

    def settings(self, **changes: object) -> dict:
        """Change settings while it runs; returns all of them."""
        return self._control("settings", changes)

    def template(self, name: str, language: str = "en_US", **changes: object) -> dict:
        """Change a template (status="PAUSED"), or add one (components=[…]); Meta's webhook tells the app."""
        return self._control("settings", {"template": {"name": name, "language": language, **changes}})

    def webhook(self, value: object) -> dict:
        """Send JSON as a signed webhook, `{"field", "value"}` in Meta's envelope; `{"status", "answer"}`."""
        return self._control("webhook", value)

    def raw_webhook(self, raw: bytes) -> dict:
        """Send bytes, signed, whatever they are."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._answer(
            self._session.post(f"{self.url}/_simulator/webhook", data=raw, headers=headers, timeout=30)
        )

    def inbound(self, number: str, **content: object) -> dict:
        """A message from a person: text="STOP", or button="Stop promotions" and the campaign's wamid."""
        return self._control("inbound", {"from": number, **content})

    def kill_point(self, point: str, pid: int, **more: object) -> dict:
        return self._control("kill-point", {"point": point, "pid": pid, **more})

    def reset(self) -> None:
        self._control("reset", {})

    def wait_for(self, holds: Callable[[dict], bool], seconds: float = 15) -> dict:
        """The counts as soon as `holds(counts)`; an AssertionError with them when it takes too long."""
        end = time.monotonic() + seconds
        while not holds(counts := self.counts()):
            assert time.monotonic() < end, f"not within {seconds} s: {counts}"
            time.sleep(0.02)
        return counts

    def wait_until_told(self, seconds: float = 15) -> dict:
        """The counts as soon as no status is waiting or on its way."""
        return self.wait_for(lambda counts: counts["webhooks"]["waiting"] == 0, seconds)

    def errors(self) -> str:
        """What the process has written to stderr; nothing, when all is well."""
        self._errors.seek(0)
        return self._errors.read()

    def stop(self) -> None:
        atexit.unregister(self.stop)
        self._session.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _wait_until_ready(self) -> str:
        line = self._process.stdout.readline()
        if " on http://" not in line:
            self._process.wait(START_SECONDS)
            raise RuntimeError(f"The simulator did not start: {self.errors()}")
        return line.split(" on ")[1].strip()

    def _lines(self, name: str, since: int) -> list[dict]:
        answer = self._session.get(f"{self.url}/_simulator/{name}", params={"since": since}, timeout=60)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]

    def _control(self, name: str, body: object) -> dict:
        headers = {"Content-Type": "application/json"}
        url = f"{self.url}/_simulator/{name}"
        return self._answer(self._session.post(url, data=json.dumps(body), headers=headers, timeout=60))

    @staticmethod
    def _answer(answer: requests.Response) -> dict:
        if not answer.ok:
            raise ValueError(answer.text)
        return answer.json()
