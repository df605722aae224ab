"""When nothing of a message has left this machine, the client says so."""

import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from campaign_app.whatsapp.client import CloudApi
from campaign_app.whatsapp.deadline_connection import _HttpConnection, exchange
from campaign_app.whatsapp.send_outcome import SendKind
from tests.whatsapp.conftest import TOKEN
from tests.whatsapp.peers import ACCEPTED, PAYLOAD, an_answer, answering


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


@pytest.mark.parametrize("asked_before", [0, 1])
def test_what_may_no_longer_leave_is_withdrawn_before_its_head_and_before_its_body(
    a_server, an_api, asked_before
):
    server = a_server(answering(an_answer(200, ACCEPTED)))
    answers = [True] * asked_before + [False]
    outcome = an_api(server).send(PAYLOAD, lambda: answers.pop(0))
    assert (outcome.kind, outcome.detail) == (SendKind.NOT_SENT, "It was no longer to be sent.")
    assert answers == [] and server.requests == []


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
