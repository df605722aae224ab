"""The client sends once, keeps its connections clean and its secrets to itself."""

import json
import logging
import threading
import time

from campaign_app.whatsapp import transport
from campaign_app.whatsapp.send_outcome import SendKind
from tests.whatsapp.conftest import TOKEN
from tests.whatsapp.peers import ACCEPTED, PAYLOAD, after_the_request, an_answer, answering, hang, reset

WHOLE = an_answer(200, ACCEPTED)


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
    for step in (reset, hang):
        outcomes.append(an_api(a_server(after_the_request(step)), 0.3).send(PAYLOAD))
    kinds = [SendKind.ACCEPTED, SendKind.REFUSED, SendKind.UNKNOWN, SendKind.UNKNOWN]
    assert [outcome.kind for outcome in outcomes] == kinds
    assert caplog.text
    assert TOKEN not in caplog.text + repr(api) + repr(outcomes)
