"""Servers that behave as badly as each test asks for."""

import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

ACCEPTED = {"messages": [{"id": "wamid.X", "message_status": "accepted"}]}
PAYLOAD = {"messaging_product": "whatsapp", "to": "+14155550123", "text": "é😀"}


@dataclass
class Peer:
    """A server on this machine: `handle(connection, peer)` runs in a thread for every connection."""

    handle: Callable
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with suppress(OSError), connection:
            self.handle(connection, self)

    def read_request(self, connection) -> bytes | None:
        """The next whole request on this connection, kept in `requests`; None at its end."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(65536)):
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = re.findall(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
        length = int(lengths[0]) if lengths else 0
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def close(self):
        self.closing.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def an_answer(status: int, body: object, *headers: str) -> bytes:
    """The bytes of a whole answer; a body that is not bytes is written as JSON."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(*answers: bytes) -> Callable:
    """A handler that gives these answers in turn, the last one for ever, and keeps the connection."""

    def handle(connection, peer):
        while peer.read_request(connection) is not None:
            connection.sendall(answers[min(len(peer.requests), len(answers)) - 1])

    return handle


def after_the_request(*steps):
    """A handler that reads one request, then does these steps: bytes to send, or functions to call."""

    def handle(connection, peer):
        peer.read_request(connection)
        for step in steps:
            step(connection, peer) if callable(step) else connection.sendall(step)

    return handle


def reset(connection, _peer):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(_connection, peer):
    peer.closing.wait(10)
