"""The real app under gunicorn as a process of its own, for tests that kill it, race it, or click through it."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from tests.databases import DEFAULTS

ROOT = Path(__file__).parent.parent
START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RunningApp:
    """gunicorn with the project's own configuration. `environ` wins over the settings of the tests.

    Starts in its own process group, so that `kill()` takes master and workers at once, as a power cut would.
    """

    def __init__(self, database_url: str, port: int | None = None, workers: int = 2, **environ: str):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WHATSAPP_")},
            **DEFAULTS,
            "SCHEDULER_ENABLED": "1",
            "DATABASE_URL": database_url,
            "WEB_CONCURRENCY": str(workers),
            "LEASE_SECONDS": "3",
            "PROCESS_INTERVAL_SECONDS": "2",
            "WEBHOOK_APPLY_INTERVAL_SECONDS": "0.2",
            **environ,
        }
        self._log = tempfile.TemporaryFile("w+")
        self._process: subprocess.Popen | None = None
        atexit.register(self.kill)
        self.start()

    def __enter__(self) -> "RunningApp":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "gunicorn.conf.py",
            "wsgi:app",
            "--bind",
            f"127.0.0.1:{self.port}",
        ]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self._environ, stdout=self._log, stderr=self._log, start_new_session=True
        )
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL to all of its processes."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM to the master, as a service manager does; fails when it takes longer than a minute."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
        self._end(signal.SIGKILL)

    def send_to_master(self, number: int) -> None:
        """To gunicorn's master alone, as a service manager does: SIGHUP has it replace its workers."""
        self._process.send_signal(number)

    def signal(self, number: int) -> None:
        """To every process of the group, such as SIGSTOP and SIGCONT."""
        os.killpg(self._process.pid, number)

    def log(self) -> str:
        """What it wrote so far."""
        self._log.seek(0)
        return self._log.read()

    def _end(self, number: int) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass
            self._process.wait()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                if requests.get(f"{self.url}/healthz", timeout=1).status_code == 200:
                    return
            except requests.RequestException:
                time.sleep(0.05)
            if self._process.poll() is not None:
                break
        raise AssertionError(f"the app did not start:\n{self.log()}")
