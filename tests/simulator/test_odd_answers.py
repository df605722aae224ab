"""Answers that go wrong on the way: lost, cut, late, or not Graph's at all."""

import socket
import time

import pytest
import requests

from tests.simulator.sending import a_message, send


def is_accepted(simulator):
    [post] = simulator.log()
    return post["outcome"] == "accepted"


def test_an_answer_lost_is_a_closed_connection_and_statuses_still_come(simulator, sink):
    with pytest.raises(requests.ConnectionError, match="Remote end closed connection"):
        send(simulator, a_message("+919812349550", biz_opaque_callback_data="lost"))
    simulator.wait_until_told()

    assert is_accepted(simulator)
    assert {status["biz_opaque_callback_data"] for status in sink.statuses} == {"lost"}


def test_a_reset_is_a_reset(simulator):
    with pytest.raises(requests.ConnectionError, match="Connection reset by peer"):
        send(simulator, a_message("+919812349575"))

    assert is_accepted(simulator)


def test_a_cut_answer_breaks_off_in_the_middle(simulator):
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        send(simulator, a_message("+919812349580"))

    assert is_accepted(simulator)


def test_a_slow_answer_comes_after_its_seconds(simulator):
    simulator.settings(slow_answer=0.6)
    started = time.monotonic()
    assert send(simulator, a_message("+919812349585")).status_code == 200

    assert 0.6 <= time.monotonic() - started < 2
    simulator.settings(slow_answer=30)
    with pytest.raises(requests.ReadTimeout):
        send(simulator, a_message("+919812349585"), seconds=0.3)


def test_an_answer_that_never_comes_leaves_the_client_waiting_and_others_served(simulator):
    with pytest.raises(requests.ReadTimeout):
        send(simulator, a_message("+919812349632"), seconds=0.5)

    assert is_accepted(simulator)
    assert send(simulator, a_message()).status_code == 200


def test_a_dripping_answer_comes_a_byte_at_a_time(simulator):
    started = time.monotonic()
    with requests.post(
        simulator.messages_url,
        json=a_message("+919812349633"),
        headers={"Authorization": f"Bearer {simulator.access_token}"},
        stream=True,
        timeout=5,
    ) as response:
        pieces = response.iter_content(1)
        assert (next(pieces), next(pieces)) == (b"{", b'"')

    assert 0.9 <= time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("ending", "status", "start", "accepted"),
    [
        ("9590", 500, "<!DOCTYPE html>", True),
        ("9600", 200, '{"messaging_product"', True),
        ("9610", 200, "<!DOCTYPE html>", True),
        ("9615", 500, "<!DOCTYPE html>", False),
        ("9620", 502, "", False),
        ("9623", 429, "Too many requests", False),
    ],
)
def test_answers_that_are_not_graphs_json(simulator, sink, ending, status, start, accepted):
    response = send(simulator, a_message(f"+91981234{ending}"))
    simulator.wait_until_told()

    assert response.status_code == status and response.text.startswith(start)
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert is_accepted(simulator) == accepted == bool(sink.statuses)


def test_a_200_without_an_id_has_contacts_only(simulator):
    answer = send(simulator, a_message("+919812349605")).json()

    assert set(answer) == {"messaging_product", "contacts"}
    assert is_accepted(simulator)


def test_a_lost_request_is_not_accepted(simulator):
    with pytest.raises(requests.ConnectionError):
        send(simulator, a_message("+919812349629"))

    assert simulator.log()[0]["outcome"] == "not_accepted"


def test_a_redirect_leads_to_another_host_and_followers_are_counted(simulator):
    response = send(simulator, a_message("+919812349626"))

    assert response.status_code == 307
    assert response.headers["Location"].startswith("http://localhost:")
    assert simulator.counts()["redirects_followed"] == 0
    requests.post(response.headers["Location"], timeout=5)
    assert simulator.counts()["redirects_followed"] == 1
    assert not is_accepted(simulator)


def test_a_gzip_bomb_is_small_on_the_wire_and_huge_inside(simulator):
    with requests.post(
        simulator.messages_url,
        json=a_message("+919812349634"),
        headers={"Authorization": f"Bearer {simulator.access_token}", "Accept-Encoding": "gzip"},
        stream=True,
        timeout=20,
    ) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < 200_000
        assert sum(len(piece) for piece in response.iter_content(2**20)) == 100 * 2**20


def test_a_request_whose_body_never_comes_is_cut_and_not_accepted(simulator):
    port = int(simulator.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        path = simulator.messages_url.removeprefix(simulator.url)
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        simulator.wait_for(lambda counts: counts["posts"] == 1)
    simulator.wait_for(lambda counts: counts["outcomes"].get("cut") == 1)
