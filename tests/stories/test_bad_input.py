"""Whatever strangers and broken programs send: 4xx with a reason, nothing stored, no memory kept, and the app goes on."""

import json
import os
import random
import select as io_select
import socket
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from tests.api.client import CAMPAIGN, ApiClient
from tests.databases import an_app
from tests.server_process import RunningApp

SEED = int(os.environ.get("BAD_INPUT_SEED", "1"))
MEGABYTE = 2**20
MAY_CHANGE = {
    "api_tokens",
    "api_token_rates",
    "sign_in_attempts",
    "leases",
}  # that somebody asked, and how often
NOBODY = "00000000-0000-0000-0000-000000000000"


class Broken:
    """Requests as bytes, each wrong in one way, made of a seed."""

    def __init__(self, port: int, token: str, seed: int):
        self.random = random.Random(seed)
        self._host, self._token = f"127.0.0.1:{port}", token

    def one(self) -> tuple[str, bytes]:
        kind = self.random.choice(
            [self.api_garbage, self.api_encoding, self.api_spoilt, self.api_query, self.path, self.form, self.many_fields,
             self.many_parts, self.webhook, self.smuggled, self.authorization]
        )  # fmt: skip
        return kind.__name__, kind()

    def garbage(self, most: int = 2000) -> bytes:
        return self.random.randbytes(self.random.randint(1, most))

    def request(self, method: str, path: str | bytes, body: bytes = b"", *headers: bytes) -> bytes:
        path = path if isinstance(path, bytes) else path.encode()
        head = [
            method.encode() + b" " + path + b" HTTP/1.1",
            b"Host: " + self._host.encode(),
            b"Connection: close",
            *headers,
        ]
        if body or method != "GET":
            head.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(head) + b"\r\n\r\n" + body

    def api(self, method: str, path: str, body: bytes = b"", kind: bytes = b"application/json") -> bytes:
        token = b"Authorization: Bearer " + self._token.encode()
        return self.request(method, f"/api/marketing{path}", body, token, b"Content-Type: " + kind)

    def api_garbage(self) -> bytes:
        return self.api(
            "POST", self.random.choice(["/campaigns", "/customers/bulk", "/opt-outs"]), b"{" + self.garbage()
        )

    def api_encoding(self) -> bytes:
        """Fine JSON in another encoding than UTF-8, or under another name."""
        text = json.dumps(CAMPAIGN | {"name": "Ünïcödé"}, ensure_ascii=False)
        encoding = self.random.choice(["utf-16", "utf-32", "latin-1", "utf-7", "cp037"])
        if encoding == "utf-7":
            return self.api("POST", "/campaigns", text.encode(), b"text/plain; charset=utf-7")
        return self.api("POST", "/campaigns", text.encode(encoding))

    def api_spoilt(self) -> bytes:
        odd = self.random.choice(
            [
                "a\0b",
                "\ud800",
                [],
                {},
                -1,
                2**63,
                10**400,
                "9" * 5000,
                {"all": "no"},
                [[[[[]]]]],
                True,
                None,
                "x" * 100_000,
            ]
        )
        body = dict(CAMPAIGN)
        body[
            self.random.choice(
                ["name", "template_name", "daily_send_limit", "priority", "scheduled_start_date", "unknown"]
            )
        ] = odd
        body["scheduled_end_date"] = "2001-01-01"  # and wrong in any case
        return self.api("POST", "/campaigns", json.dumps(body).encode())

    def api_query(self) -> bytes:
        name = self.random.choice(["limit", "cursor", "status", "unknown"])
        value = self.random.choice(
            ["-1", "99999", "%00", "%ff", "'%20OR%201=1--", "%F0%9F%98%80" * 50, "[]", "1e9"]
        )
        return self.api("GET", f"/campaigns?{name}={value}")

    def path(self) -> bytes:
        return self.request(
            "GET",
            self.random.choice(
                [b"/%ff%fe", b"/static/..%2f..%2fconfig.py", b"/static/../../etc/passwd", b"/%00", b"/login/%2e%2e/settings",
                 b"/password/" + b"x" * 3000, b"/" + b"a" * 9000, b"/.git/config", b"/.env", b"/wp-login.php", b"/api/marketing/nothing"]
            ),
        )  # fmt: skip

    def form(self) -> bytes:
        body = (
            b"email=%ff%00&password="
            + self.garbage(200).hex().encode()
            + b"&csrf_token="
            + self.garbage(30).hex().encode()
        )
        kind = self.random.choice(
            [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=", b"multipart/form-data"]
        )
        return self.request(
            "POST",
            self.random.choice(["/login", "/password/forgotten", "/logout"]),
            body,
            b"Content-Type: " + kind,
        )

    def many_fields(self) -> bytes:
        body = b"&".join(b"f%d=%d" % (place, place) for place in range(10_000))
        return self.request("POST", "/login", body, b"Content-Type: application/x-www-form-urlencoded")

    def many_parts(self) -> bytes:
        part = b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n'
        body = b"".join(part % place for place in range(10_000)) + b"--b--\r\n"
        return self.request("POST", "/login", body, b"Content-Type: multipart/form-data; boundary=b")

    def webhook(self) -> bytes:
        signed = self.random.choice(
            [(), (b"X-Hub-Signature-256: sha256=" + self.garbage(32).hex().encode(),)]
        )
        return self.request("POST", "/webhook/whatsapp", self.garbage(), *signed)

    def smuggled(self) -> bytes:
        return (
            b"POST /login HTTP/1.1\r\nHost: " + self._host.encode() + b"\r\nContent-Length: 4\r\nTransfer-Encoding: "
            + self.random.choice([b"chunked", b" chunked"]) + b"\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n"
        )  # fmt: skip

    def authorization(self) -> bytes:
        odd = self.random.choice(
            [
                b"Bearer \xff\xfe",
                b"Bearer " + b"x" * 5000,
                b"Basic " + self.garbage(50).hex().encode(),
                b"Bearer",
            ]
        )
        return self.request("GET", f"/api/marketing/campaigns/{NOBODY}/stats", b"", b"Authorization: " + odd)


def answer_to(port: int, parts) -> bytes:
    """What the server answers; it may answer, and hang up, before it was sent everything."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                if io_select.select([connection], [], [], 0)[0]:
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
                head, found, body = answer.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line[15:])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    None,
                )
                if found and length is not None and len(body) >= length:
                    break
        except (ConnectionResetError, TimeoutError):
            pass
        return answer


def is_refused(answer: bytes) -> bool:
    return answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


def everything_stored() -> str:
    found = sha256()
    for table in db.metadata.sorted_tables:
        if table.name not in MAY_CHANGE:
            for row in db.session.execute(select(table)):
                found.update(repr((table.name, tuple(row))).encode())
    db.session.rollback()
    return found.hexdigest()


def memory_of(running: RunningApp) -> int:
    """Bytes that gunicorn's master and workers hold."""
    pids = [running.pid]
    for pid in pids:
        pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return sum(
        int(line.split()[1]) * 1024
        for pid in pids
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )


def bombarded(database_url: str, requests: int, body_megabytes: int) -> None:
    app = an_app(database_url)
    with app.app_context():
        client = ApiClient(app, "staff")
        client.campaign()
        with RunningApp(database_url, workers=2, SCHEDULER_ENABLED="0") as running:
            broken = Broken(running.port, client.token, SEED)
            for _ in range(30):
                answer_to(running.port, [broken.one()[1]])
            before, memory = everything_stored(), memory_of(running)
            seen = Counter()
            for number in range(requests):
                kind, request = broken.one()
                answer = answer_to(running.port, [request])
                status = answer[9:12].decode()
                seen[kind, status] += 1
                assert is_refused(answer), (
                    f"seed {SEED}, request {number}, {kind}: {answer[:300]}\n{request[:300]}"
                )
                assert b"Traceback" not in answer and b"SELECT" not in answer
            for body in large_bodies(running.port, client.token, body_megabytes):
                answer = answer_to(running.port, body)
                assert is_refused(answer), answer[:300]
            print(f"seed {SEED}: {dict(seen)}")
            assert everything_stored() == before
            grown = memory_of(running) - memory
            assert grown < 40 * MEGABYTE, f"{grown / MEGABYTE:.0f} MB more"
            assert b" 200 " in answer_to(running.port, [broken.request("GET", "/healthz")])
            assert "Traceback" not in running.log()
        db.session.remove()
        db.engine.dispose()


def large_bodies(port: int, token: str, megabytes: int):
    """Too large wherever they come: announced, or in chunks without an end in sight."""
    for path, more in (
        ("/api/marketing/campaigns", f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"),
        ("/login", "Content-Type: application/x-www-form-urlencoded\r\n"),
        ("/login", "Content-Type: multipart/form-data; boundary=b\r\n"),
        ("/webhook/whatsapp", "X-Hub-Signature-256: sha256=00\r\n"),
    ):
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}Connection: close\r\n"
        size = megabytes * MEGABYTE
        piece = b"a" * 65_536
        yield [f"{head}Content-Length: {size}\r\n\r\n".encode(), *[piece] * (size // len(piece))]
        chunk = b"10000\r\n" + piece + b"\r\n"
        yield [
            f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(),
            *[chunk] * (size // len(piece)),
            b"0\r\n\r\n",
        ]


def test_bad_input_is_refused_and_leaves_nothing(database_url):
    bombarded(database_url, requests=150, body_megabytes=30)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_much_bad_input_is_refused_and_leaves_nothing(database_url):
    bombarded(database_url, requests=2000, body_megabytes=100)
