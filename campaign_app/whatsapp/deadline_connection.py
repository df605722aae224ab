"""Connections of urllib3 that keep one deadline for a whole exchange and know what was written.

A read timeout alone bounds each wait, not their sum: a server that sends a byte now and then holds a thread
for hours. And a broken connection alone does not say whether the request had left.
"""

import http.client
import io
import math
import socket
import threading
import time
from collections.abc import Callable

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Withdrawn(Exception):
    """The request may no longer leave."""


class Exchange(threading.local):
    """The request that this thread is busy with: call `begin` before each one. `deadline` is by the monotonic clock; `may_leave` has the last word before
    anything is written, however long the way there took."""

    deadline: float = math.inf
    may_leave: Callable[[], bool] | None = None
    head_written: bool = False
    body_begun: bool = False  # from here on the server may have the whole request

    def begin(self, seconds: float, may_leave: Callable[[], bool] | None = None) -> None:
        self.deadline = time.monotonic() + seconds
        self.may_leave = may_leave
        self.head_written = self.body_begun = False

    def time_left(self) -> float:
        """Seconds, above 0. Raises TimeoutError once there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        return left


exchange = Exchange()


class _TimedReader(io.RawIOBase):
    """Reads from a socket, each time for no longer than the exchange has left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        self._sock.settimeout(exchange.time_left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments, **options) -> None:
        super().__init__(sock, *arguments, **options)
        timed = io.BufferedReader(_TimedReader(sock))
        self.fp.close()
        self.fp = timed


class _Watched:
    """Marks when the head is written and when the body begins, and bounds each write."""

    response_class = _TimedResponse

    def endheaders(self, *arguments, **options) -> None:
        super().endheaders(*arguments, **options)
        exchange.head_written = True

    def send(self, data) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(exchange.time_left())
        if not exchange.body_begun and exchange.may_leave is not None and not exchange.may_leave():
            raise Withdrawn
        exchange.body_begun = exchange.head_written
        super().send(data)


class _HttpConnection(_Watched, HTTPConnection):
    pass


class _HttpsConnection(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def connection_pool(scheme: str, host: str, port: int | None) -> HTTPConnectionPool:
    """A pool of one connection to `host`, by https with the certificates that requests trusts."""
    if scheme == "https":
        return _HttpsPool(host, port, maxsize=1, cert_reqs="CERT_REQUIRED", ca_certs=certifi.where())
    return _HttpPool(host, port, maxsize=1)
