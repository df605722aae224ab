"""Child processes of a command: started with their own environment, and stopped together."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parent.parent.parent
STOP_SECONDS = 45  # a sender finishes what is in flight


class CouldNotStart(Exception):
    """A child process ended, or did not become ready in time."""


class ChildProcesses:
    """As a context manager it stops every child that it started, the latest first."""

    def __init__(self):
        self._children: list[tuple[str, subprocess.Popen]] = []

    def __enter__(self) -> "ChildProcesses":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ):
        for _, child in reversed(self._children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        """Start a child in a session of its own, so that Ctrl-C reaches it through us only; its output goes to `log`."""
        with log.open("ab") as output:
            child = subprocess.Popen(
                command, cwd=ROOT, env=dict(environ), stdout=output, stderr=output, start_new_session=True
            )
        self._children.append((name, child))

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Raises CouldNotStart when a child ends meanwhile, or it takes longer."""
        until = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > until:
                raise CouldNotStart(f"It was not ready within {seconds:.0f} seconds.")
            time.sleep(0.1)

    def check(self) -> None:
        for name, child in self._children:
            if child.poll() is not None:
                raise CouldNotStart(f"The {name} has ended with exit code {child.returncode}.")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
