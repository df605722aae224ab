"""Whatever goes wrong after a message was written, the client does not claim to know what became of it."""

import gzip
import json
import time
import tracemalloc
import zlib

import pytest

from campaign_app.whatsapp.send_outcome import SendKind
from tests.whatsapp.peers import ACCEPTED, PAYLOAD, after_the_request, an_answer, answering, hang, reset

SLOW = 0.05  # seconds between two bytes of a server that trickles


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
