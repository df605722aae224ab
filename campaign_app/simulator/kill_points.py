"""Sends a signal to a process of the app at an exact point of one of its requests, for tests of crashes.

Random kills rarely hit the moments that matter; here the provider's side chooses them.
"""

import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from .log import Post

POINTS = ("on_connect", "after_headers", "after_body", "after_accept", "after_response")
SIGNALS = {"KILL": signal.SIGKILL, "STOP": signal.SIGSTOP, "TERM": signal.SIGTERM, "USR1": signal.SIGUSR1}
ESTABLISHED = "01"  # in /proc/net/tcp


@dataclass
class KillPoint:
    """`after` counts down: the signal goes when the point is reached for the `after`-th time from now."""

    point: str
    pid: int
    after: int = 1
    group: bool = False
    signal: str = "KILL"


class KillPoints:
    def __init__(self):
        self.armed: list[KillPoint] = []
        self.fired: list[dict] = []

    def reset(self) -> None:
        self.armed.clear()
        self.fired.clear()

    def arm(self, request: dict) -> KillPoint:
        """Add a point from `{"point", "pid", "after"?, "group"?, "signal"?}`. Raises ValueError."""
        try:
            point = KillPoint(**request)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if point.point not in POINTS or point.signal not in SIGNALS:
            raise ValueError(f"point is one of {', '.join(POINTS)}; signal is one of {', '.join(SIGNALS)}")
        if type(point.pid) is not int or point.pid < 2 or point.pid == os.getpid():
            raise ValueError("pid must be the process to be killed, and not this simulator")
        if type(point.after) is not int or point.after < 1:
            raise ValueError("after must be at least 1")
        if point.group and os.getpgid(point.pid) == os.getpgid(0):
            raise ValueError("that process is in the simulator's own group")
        self.armed.append(point)
        return point

    def is_armed(self, name: str) -> bool:
        return any(point.point == name for point in self.armed)

    def reach(self, name: str, post: Post) -> None:
        """Count a request that has come to this point, and fire what is due."""
        for point in [one for one in self.armed if one.point == name]:
            self._count(point, post)

    def connect(self, address: tuple) -> bool:
        """Count a new connection, if it comes from a process that is to be killed on connecting; true if it was."""
        fired = False
        for point in [one for one in self.armed if one.point == "on_connect"]:
            if is_connection_of(point, address):
                fired = self._count(point, None) or fired
        return fired

    def _count(self, point: KillPoint, post: Post | None) -> bool:
        point.after -= 1
        if point.after > 0:
            return False
        self.armed.remove(point)
        if post:
            post.killed = point.point
        fired = {**asdict(point), "post": post.number if post else None, "was_alive": True}
        try:
            if point.group:
                os.killpg(os.getpgid(point.pid), SIGNALS[point.signal])
            else:
                os.kill(point.pid, SIGNALS[point.signal])
        except ProcessLookupError:
            fired["was_alive"] = False
        self.fired.append(fired)
        return True


def is_connection_of(point: KillPoint, address: tuple) -> bool:
    """Whether the socket at this address belongs to the point's process, or its group (Linux's /proc)."""
    inode = _socket_inode(address[1])
    if inode is None:
        return False
    target = f"socket:[{inode}]"
    return any(target in _open_files(pid) for pid in _process_ids(point))


def _process_ids(point: KillPoint) -> list[int]:
    if not point.group:
        return [point.pid]
    members = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == os.getpgid(point.pid):
                members.append(int(entry.name))
        except ProcessLookupError:
            continue
    return members


def _open_files(pid: int) -> set[str]:
    files = set()
    try:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            files.add(os.readlink(entry.path))
    except OSError:  # the process or the file went away while it was read
        return files
    return files


def _socket_inode(port: int) -> str | None:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[3] == ESTABLISHED and int(parts[1].rpartition(":")[2], 16) == port:
            return parts[9]
    return None
