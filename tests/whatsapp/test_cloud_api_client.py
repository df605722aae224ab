"""The client against servers that behave badly: one POST, one outcome, and never a lie about it."""

import gzip
import json
import logging
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import tracemalloc
import zlib

import pytest

from campaign_app.whatsapp import transport
from campaign_app.whatsapp.client import CloudApi
from campaign_app.whatsapp.deadline_adapter import _HttpConnection, exchange
from campaign_app.whatsapp.send_outcome import SendKind
from tests.whatsapp.conftest import TOKEN
from tests.whatsapp.peers import an_answer, answering

ACCEPTED = {"messages": [{"id": "wamid.X", "message_status": "accepted"}]}
PAYLOAD = {"messaging_product": "whatsapp", "to": "+14155550123", "text": "é😀"}
SLOW = 0.05  # seconds between two bytes of a server that trickles


def test_a_send_is_one_post_with_the_token_and_the_payload(a_server, an_api):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    outcome = an_api(server).send(PAYLOAD)
    assert (outcome.kind, outcome.wamid) == (SendKind.ACCEPTED, "wamid.X")
    [request] = server.requests
    head, body = request.split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v25.0/1065403/messages HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}".encode() in head
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == PAYLOAD


def test_one_connection_carries_many_sends_of_a_thread(a_server, an_api):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    api = an_api(server)
    assert all(api.send(PAYLOAD).kind is SendKind.ACCEPTED for _ in range(20))
    assert (server.connections, len(server.requests)) == (1, 20)


def test_threads_share_a_client_but_no_connection(a_server, an_api):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    api = an_api(server, 5)
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.extend(api.send(PAYLOAD).kind for _ in range(5)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [SendKind.ACCEPTED] * 20
    assert server.connections == 4


def test_a_refusal_keeps_the_connection_and_the_next_send_uses_it(a_server, an_api):
    refusal = an_answer(400, {"error": {"code": 131026, "message": "(#131026) x", "type": "OAuthException"}})
    server = a_server(answering(refusal, an_answer(200, ACCEPTED)))
    api = an_api(server)
    assert [api.send(PAYLOAD).kind for _ in range(2)] == [SendKind.REFUSED, SendKind.ACCEPTED]
    assert server.connections == 1


# --- nothing has left this machine ---


def test_a_refused_connection_is_not_sent(an_api):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    outcome = an_api(f"http://127.0.0.1:{port}").send(PAYLOAD)
    assert (outcome.kind, outcome.detail) == (SendKind.NOT_SENT, "WhatsApp's server could not be reached.")


def test_a_name_that_does_not_exist_is_not_sent(an_api):
    outcome = an_api("http://no-such-host.invalid").send(PAYLOAD)
    assert outcome.kind is SendKind.NOT_SENT
    assert "looked up" in outcome.detail


def test_a_server_that_does_not_speak_tls_is_not_sent(a_server, an_api):
    def handle(connection, _peer):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = a_server(handle)
    assert an_api(f"https://127.0.0.1:{server.port}").send(PAYLOAD).kind is SendKind.NOT_SENT
    assert server.connections == 1


def test_a_tls_handshake_that_never_ends_is_not_sent_and_in_time(a_server, an_api):
    server = a_server(lambda connection, peer: peer.closing.wait(10))
    started = time.monotonic()
    assert an_api(f"https://127.0.0.1:{server.port}", 0.5).send(PAYLOAD).kind is SendKind.NOT_SENT
    assert time.monotonic() - started < 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command makes the certificate")
def test_a_certificate_that_nobody_signed_is_not_sent(a_server, an_api, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def handle(connection, peer):
        with context.wrap_socket(connection, server_side=True) as encrypted:
            peer.read_request(encrypted)

    server = a_server(handle)
    outcome = an_api(f"https://localhost:{server.port}").send(PAYLOAD)
    assert (outcome.kind, outcome.detail) == (
        SendKind.NOT_SENT,
        "The certificate of WhatsApp's server is not trusted.",
    )
    assert server.requests == []


def test_a_connection_that_was_reset_before_the_message_is_written_leaves_it_unwritten(a_server):
    was_reset = threading.Event()

    def handle(connection, _peer):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        was_reset.set()

    exchange.begin(5)
    connection = _HttpConnection("127.0.0.1", a_server(handle).port)
    connection.connect()
    assert was_reset.wait(5)
    time.sleep(0.05)
    with pytest.raises(ConnectionError):
        connection.request("POST", "/x", body=b"{}")
    assert not exchange.body_begun
    connection.close()


def test_only_the_first_byte_of_the_body_ends_the_certainty(a_server):
    server = a_server(lambda connection, peer: peer.read_request(connection))
    exchange.begin(5)
    connection = _HttpConnection("127.0.0.1", server.port)
    connection.putrequest("POST", "/x")
    connection.putheader("Content-Length", "2")
    connection.endheaders()
    assert (exchange.head_written, exchange.body_begun) == (True, False)
    connection.send(b"{}")
    assert exchange.body_begun
    connection.close()


def test_when_the_time_is_over_before_the_message_is_written_nothing_is_written(a_server):
    server = a_server(lambda connection, peer: peer.read_request(connection))
    exchange.begin(-1)
    connection = _HttpConnection("127.0.0.1", server.port)
    connection.putrequest("POST", "/x")
    with pytest.raises(TimeoutError):
        connection.endheaders()
    assert not exchange.head_written
    connection.close()
    assert server.requests == []


@pytest.mark.parametrize("token", ["with\nnewline", "with\r\nX-Injected: 1", "snow\u2603"])
def test_a_token_that_no_header_may_hold_is_not_sent_and_not_repeated(a_server, token):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    outcome = CloudApi(server.url, "v25.0", "1", "2", token, 1).send(PAYLOAD)
    assert outcome.kind is SendKind.NOT_SENT
    assert "snow" not in outcome.detail and "newline" not in outcome.detail
    assert server.requests == []


@pytest.mark.parametrize("missing", ["access_token", "phone_number_id"])
def test_without_its_settings_nothing_is_sent_and_the_setting_is_named(a_server, missing):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    settings = {"access_token": TOKEN, "phone_number_id": "1"} | {missing: ""}
    outcome = CloudApi(server.url, "v25.0", business_account_id="2", send_timeout_seconds=1, **settings).send(
        PAYLOAD
    )
    assert (outcome.kind, outcome.detail) == (SendKind.NOT_SENT, f"WHATSAPP_{missing.upper()} is not set.")
    assert server.requests == []


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_an_address_that_cannot_be_read_is_not_sent(an_api, address):
    assert an_api(address).send(PAYLOAD).kind is SendKind.NOT_SENT


@pytest.mark.parametrize("payload", [{"a": float("nan")}, {"a": {1, 2}}])
def test_a_payload_that_is_no_json_is_refused_here(a_server, an_api, payload):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    outcome = an_api(server).send(payload)
    assert outcome.kind is SendKind.REFUSED and outcome.error.code is None
    assert server.requests == []


# --- it may have arrived ---


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


def trickle(data: bytes):
    def step(connection, peer):
        for byte in data:
            connection.sendall(bytes([byte]))
            if peer.closing.wait(SLOW):
                return

    return step


WHOLE = an_answer(200, ACCEPTED)
HEAD = WHOLE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * 50_000_000)
PLAIN = json.dumps(ACCEPTED).encode()

UNKNOWN = {
    "closes without a word": after_the_request(),
    "resets before the head": after_the_request(reset),
    "resets in the head": after_the_request(b"HTTP/1.1 200 OK\r\nContent-Le", reset),
    "resets in the body": after_the_request(WHOLE[:-10], reset),
    "closes in the body": after_the_request(WHOLE[:-10]),
    "closes between chunks": after_the_request(CHUNKED, b'5\r\n{"mes\r\n'),
    "sends a chunk that is none": after_the_request(CHUNKED, b"zz\r\n"),
    "never answers": after_the_request(hang),
    "stops in the body": after_the_request(WHOLE[:-10], hang),
    "trickles the head": after_the_request(trickle(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 400)),
    "trickles the body": after_the_request(HEAD, trickle(PLAIN)),
    "trickles chunks": after_the_request(CHUNKED, trickle(b"1\r\n \r\n" * 100)),
    "says 100 for ever": after_the_request(trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)),
    "is no HTTP": after_the_request(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "sends an endless head": after_the_request(
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n" + PLAIN
    ),
    "answers HTML with 200": after_the_request(an_answer(200, b"<html>")),
    "answers HTML with 502": after_the_request(an_answer(502, b"<html>")),
    "answers 429 alone": after_the_request(an_answer(429, b"")),
    "answers 200 without an id": after_the_request(an_answer(200, {"messages": []})),
    "sends a gzip bomb": after_the_request(an_answer(200, BOMB, "Content-Encoding: gzip")),
    "sends a gzip bomb twice packed": after_the_request(
        an_answer(200, gzip.compress(BOMB), "Content-Encoding: gzip, gzip")
    ),
    "sends a broken gzip": after_the_request(
        an_answer(200, gzip.compress(PLAIN)[:-9], "Content-Encoding: gzip")
    ),
    "calls plain text gzip": after_the_request(an_answer(200, PLAIN, "Content-Encoding: gzip")),
    "sends another coding": after_the_request(an_answer(200, PLAIN, "Content-Encoding: br")),
    "sends two megabytes": after_the_request(an_answer(200, PLAIN + b" " * (2 << 20))),
    "redirects to nowhere": after_the_request(an_answer(307, b"", "Location: http://[broken")),
    "redirects with a bomb": after_the_request(
        an_answer(302, BOMB, "Content-Encoding: gzip", "Location: https://127.0.0.1:9/")
    ),
}


@pytest.mark.parametrize("behaviour", UNKNOWN)
def test_whatever_goes_wrong_after_the_message_was_written_is_unknown(a_server, an_api, behaviour):
    server = a_server(UNKNOWN[behaviour])
    started = time.monotonic()
    outcome = an_api(server, 0.7).send(PAYLOAD)
    assert (outcome.kind, outcome.wamid, outcome.error) == (SendKind.UNKNOWN, None, None)
    assert outcome.detail.endswith(".")
    assert time.monotonic() - started < 1.5
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", [name for name in UNKNOWN if "bomb" in name or "megabytes" in name])
def test_an_answer_too_long_to_be_real_never_fills_the_memory(a_server, an_api, behaviour):
    server = a_server(UNKNOWN[behaviour])
    api = an_api(server, 5)
    tracemalloc.start()
    try:
        api.send(PAYLOAD)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_trickle_that_ends_in_time_is_an_answer(a_server, an_api):
    slow = after_the_request(
        HEAD[:-2], lambda connection, peer: time.sleep(0.2), HEAD[-2:] + PLAIN[:5], PLAIN[5:]
    )
    assert an_api(a_server(slow), 2).send(PAYLOAD).kind is SendKind.ACCEPTED


@pytest.mark.parametrize("packed", [gzip.compress(PLAIN), zlib.compress(PLAIN)], ids=["gzip", "deflate"])
def test_a_compressed_answer_is_understood_though_it_was_not_asked_for(a_server, an_api, packed):
    coding = "gzip" if packed[:2] == b"\x1f\x8b" else "deflate"
    server = a_server(answering(an_answer(200, packed, f"Content-Encoding: {coding}")))
    assert an_api(server).send(PAYLOAD).kind is SendKind.ACCEPTED
    assert b"Accept-Encoding: identity" in server.requests[0]


@pytest.mark.parametrize("http_status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_and_the_token_goes_nowhere_else(a_server, an_api, http_status):
    elsewhere = a_server(answering(an_answer(200, ACCEPTED)))
    server = a_server(
        answering(an_answer(http_status, b"", f"Location: {elsewhere.url}/v25.0/1065403/messages"))
    )
    assert an_api(server).send(PAYLOAD).kind is SendKind.UNKNOWN
    assert len(server.requests) == 1
    assert elsewhere.connections == 0


def test_after_a_bad_answer_the_next_send_starts_on_a_clean_connection(a_server, an_api):
    def handle(connection, peer):
        peer.read_request(connection)
        if len(peer.requests) == 1:
            connection.sendall(WHOLE[:-10])
            peer.closing.wait(10)
        connection.sendall(an_answer(200, {"messages": [{"id": "wamid.second"}]}))

    api = an_api(a_server(handle), 0.3)
    assert api.send(PAYLOAD).kind is SendKind.UNKNOWN
    assert api.send(PAYLOAD).wamid == "wamid.second"


def test_a_connection_closed_while_idle_is_replaced_and_not_written_to(a_server, an_api):
    closed = threading.Event()

    def handle(connection, peer):
        peer.read_request(connection)
        connection.sendall(WHOLE)
        connection.close()
        closed.set()

    server = a_server(handle)
    api = an_api(server)
    for _ in range(5):
        closed.clear()
        assert api.send(PAYLOAD).kind is SendKind.ACCEPTED
        assert closed.wait(5)
        time.sleep(0.02)
    assert (server.connections, len(server.requests)) == (5, 5)


def test_a_connection_unused_for_long_is_replaced_before_it_can_turn_out_stale(a_server, an_api, monkeypatch):
    monkeypatch.setattr(transport, "IDLE_SECONDS", 0.05)
    server = a_server(answering(WHOLE))
    api = an_api(server)
    api.send(PAYLOAD)
    time.sleep(0.1)
    api.send(PAYLOAD)
    assert server.connections == 2


# --- what it leaves behind ---


def test_proxies_and_passwords_of_the_environment_are_not_used(a_server, an_api, monkeypatch, tmp_path):
    elsewhere = a_server(answering(an_answer(200, ACCEPTED)))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere.url)
    monkeypatch.setenv("NETRC", str(netrc))
    server = a_server(answering(an_answer(200, ACCEPTED)))
    assert an_api(server).send(PAYLOAD).kind is SendKind.ACCEPTED
    assert elsewhere.connections == 0
    assert f"Authorization: Bearer {TOKEN}".encode() in server.requests[0]


def test_cookies_are_not_kept(a_server, an_api):
    server = a_server(answering(an_answer(200, ACCEPTED, "Set-Cookie: session=1; Path=/")))
    api = an_api(server)
    api.send(PAYLOAD)
    api.send(PAYLOAD)
    assert b"ookie" not in server.requests[1]


def test_the_token_is_in_no_log_no_detail_and_no_repr(a_server, an_api, caplog):
    caplog.set_level(logging.DEBUG)
    api = an_api(
        a_server(answering(WHOLE, an_answer(401, {"error": {"code": 190, "type": "OAuthException"}}))), 0.3
    )
    outcomes = [api.send(PAYLOAD) for _ in range(2)]
    outcomes += [
        an_api(a_server(UNKNOWN[name]), 0.3).send(PAYLOAD) for name in ("resets in the body", "never answers")
    ]
    assert [outcome.kind for outcome in outcomes] == [SendKind.ACCEPTED, SendKind.REFUSED] + [
        SendKind.UNKNOWN
    ] * 2
    assert caplog.text
    assert TOKEN not in caplog.text + repr(api) + repr(outcomes)
