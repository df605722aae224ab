"""A receiver of webhooks that keeps what it gets and answers as the test wants."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Received:
    at: float
    headers: dict[str, str]
    raw: bytes

    @property
    def payload(self) -> dict:
        return json.loads(self.raw)

    @property
    def change(self) -> dict:
        return self.payload["entry"][0]["changes"][0]

    @property
    def statuses(self) -> list[dict]:
        return self.change["value"].get("statuses", [])


@dataclass
class WebhookSink:
    """`answers` are the HTTP statuses of the next webhooks, 200 when none are left; `seconds` slows it."""

    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    handshakes: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    most_at_once: int = 0

    def __post_init__(self):
        sink, lock = self, threading.Lock()
        sink._at_once = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                sink.handshakes.append(query)
                self._answer(200, query.get("hub.challenge", "").encode())

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    sink._at_once += 1
                    sink.most_at_once = max(sink.most_at_once, sink._at_once)
                    sink.received.append(Received(time.time(), dict(self.headers), raw))
                    status = sink.answers.pop(0) if sink.answers else 200
                time.sleep(sink.seconds)
                with lock:
                    sink._at_once -= 1
                self._answer(status, b"")

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    @property
    def statuses(self) -> list[dict]:
        """Every status received, in the order of arrival."""
        return [status for one in list(self.received) for status in one.statuses]

    def changes(self, name: str) -> list[dict]:
        """The values of all webhooks of one field."""
        return [one.change["value"] for one in list(self.received) if one.change["field"] == name]

    def clear(self) -> None:
        self.received.clear()
        self.answers.clear()
        self.seconds, self.most_at_once = 0.0, 0

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
