"""What an answer to a send proves, and what it does not."""

import json

import pytest
from requests.structures import CaseInsensitiveDict

from campaign_app.domain.retry_policy import Action
from campaign_app.whatsapp.send_outcome import SendKind, outcome_of, retry_after_seconds
from campaign_app.whatsapp.transport import Answer


def an_answer(status: int, body: object, **headers: str) -> Answer:
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, CaseInsensitiveDict({k.replace("_", "-"): v for k, v in headers.items()}), body)


def a_graph_error(**changes) -> dict:
    error = {
        "message": "(#131026) Something",
        "type": "OAuthException",
        "code": 131026,
        "fbtrace_id": "AbC",
    } | changes
    return {"error": {key: value for key, value in error.items() if value is not None}}


ACCEPTED = {
    "messages": [{"id": "wamid.X", "message_status": "accepted"}],
    "contacts": [{"wa_id": "14155550123"}],
}


def test_a_message_id_proves_that_whatsapp_has_the_message():
    outcome = outcome_of(an_answer(200, ACCEPTED))
    assert (outcome.kind, outcome.wamid, outcome.wa_id) == (SendKind.ACCEPTED, "wamid.X", "14155550123")
    assert (outcome.message_status, outcome.error, outcome.entry) == ("accepted", None, None)


@pytest.mark.parametrize("status", ["held_for_quality_assessment", "paused"])
def test_a_held_message_is_accepted_and_says_that_it_is_held(status):
    outcome = outcome_of(an_answer(200, {"messages": [{"id": "wamid.X", "message_status": status}]}))
    assert (outcome.kind, outcome.message_status) == (SendKind.ACCEPTED, status)


@pytest.mark.parametrize("contacts", [None, [], "x", [None], [{"user_id": "US.1"}]])
def test_a_message_id_without_the_contact_is_enough(contacts):
    outcome = outcome_of(an_answer(200, {"messages": [{"id": "wamid.X"}], "contacts": contacts}))
    assert (outcome.kind, outcome.wa_id, outcome.message_status) == (SendKind.ACCEPTED, None, None)


@pytest.mark.parametrize("http_status", [400, 401, 403, 404, 429, 500, 503])
def test_an_error_of_metas_own_is_a_refusal_whatever_the_http_status(http_status):
    outcome = outcome_of(an_answer(http_status, a_graph_error()))
    assert (outcome.kind, outcome.http_status, outcome.error.code) == (SendKind.REFUSED, http_status, 131026)
    assert outcome.entry.action is Action.NEVER


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(200, b"<html>Welcome</html>"),
        an_answer(200, b""),
        an_answer(200, json.dumps(ACCEPTED).encode()[:-3]),
        an_answer(200, {}),
        an_answer(200, []),
        an_answer(200, {"messages": []}),
        an_answer(200, {"messages": [{}]}),
        an_answer(200, {"messages": [{"id": ""}]}),
        an_answer(200, {"messages": {"id": "wamid.X"}}),
        an_answer(200, a_graph_error()),
        an_answer(204, b""),
        an_answer(302, a_graph_error()),
        an_answer(429, b"slow down"),
        an_answer(429, {}),
        an_answer(500, b"<html>500</html>"),
        an_answer(502, {"error": "upstream"}),
        an_answer(502, {"error": {"message": "upstream"}}),
        an_answer(502, {"error": {"code": 502, "message": "upstream", "status": "UNAVAILABLE"}}),
        an_answer(400, {"error": {"code": "bad"}}),
        an_answer(400, b"\xff\xfe"),
        an_answer(503, b"[" * 100_000),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:40]!r}",
)
def test_every_other_answer_proves_nothing(answer):
    outcome = outcome_of(answer)
    assert (outcome.kind, outcome.wamid, outcome.error) == (SendKind.UNKNOWN, None, None)
    assert str(answer.status) in outcome.detail


def test_a_refusal_reads_like_a_failure_reported_later():
    error = a_graph_error(
        message="(#132000) Number of parameters does not match the expected number of params",
        code=132000,
        error_data={"messaging_product": "whatsapp", "details": "body: number of localizable_params (1)"},
    )
    assert outcome_of(an_answer(400, error)).detail == (
        "Error 132000: Template Param Count Mismatch - Number of parameters does not match the expected "
        "number of params (body: number of localizable_params (1))"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"message": "(#130429) Rate limit hit", "code": 130429}, "Error 130429: Rate limit hit"),
        ({"error_data": "as text", "message": None}, "Error 131026: Message undeliverable (as text)"),
        ({"error_data": ["x"], "message": "Other"}, "Error 131026: Message undeliverable - Other"),
        ({"code": "131026", "message": "Other"}, "Error 131026: Message undeliverable - Other"),
        ({"code": 987654, "message": "(#987654) New trouble"}, "Error 987654: New trouble"),
        (
            {"code": 987654, "message": "M", "error_user_title": "T", "error_user_msg": "D"},
            "Error 987654: T - M (D)",
        ),
        ({"code": None, "message": "Unsupported request"}, "Error: Unsupported request"),
        ({"type": None, "fbtrace_id": None, "message": None}, "Error 131026: Message undeliverable"),
    ],
)
def test_every_shape_of_metas_error_is_read(changes, reason):
    outcome = outcome_of(an_answer(400, a_graph_error(**changes)))
    assert outcome.kind is SendKind.REFUSED
    assert outcome.error.reason == outcome.detail == reason


def test_what_decides_the_policy_is_kept():
    error = outcome_of(an_answer(400, a_graph_error(code=100, error_subcode=33, is_transient=False))).error
    assert (error.subcode, error.is_transient, error.kind, error.trace_id) == (
        33,
        False,
        "OAuthException",
        "AbC",
    )
    outcome = outcome_of(an_answer(400, a_graph_error(code=100, error_subcode=33)))
    assert outcome.entry.action is Action.STOP_NUMBER
    assert outcome_of(an_answer(500, a_graph_error(code=987654))).entry.action is Action.RETRY
    assert (
        outcome_of(an_answer(400, a_graph_error(code=987654, is_transient=True))).entry.action is Action.RETRY
    )
    assert (
        outcome_of(an_answer(400, a_graph_error(code=987654, is_transient="true"))).entry.action
        is Action.NEVER
    )


@pytest.mark.parametrize("code", [4, 80007, 130429])
def test_being_throttled_is_a_refusal_that_slows_the_number(code):
    outcome = outcome_of(an_answer(429, a_graph_error(code=code), Retry_After="7"))
    assert (outcome.kind, outcome.entry.action) == (SendKind.REFUSED, Action.THROTTLE)
    assert outcome.retry_after_seconds == 7


def usage(kind: str, minutes: object) -> str:
    return json.dumps(
        {"2200110": [{"type": kind, "call_count": 100, "estimated_time_to_regain_access": minutes}]}
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12),
        ({"retry-after": " 12 "}, 12),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "9" * 5000}, 86_400),
        ({"Retry-After": "Mon, 21 Sep 2026 14:14:00 GMT", "Date": "Mon, 21 Sep 2026 14:13:20 GMT"}, 40),
        ({"Retry-After": "Mon, 21 Sep 2026 14:13:00 GMT", "Date": "Mon, 21 Sep 2026 14:13:20 GMT"}, None),
        ({"Retry-After": "Mon, 21 Sep 2026 14:14:00 GMT"}, None),
        ({"x-business-use-case-usage": usage("whatsapp", 2)}, 120),
        ({"X-Business-Use-Case-Usage": usage("whatsapp", 2), "Retry-After": "300"}, 300),
        ({"x-business-use-case-usage": usage("whatsapp", 0)}, None),
        ({"x-business-use-case-usage": usage("whatsapp", 10**9)}, 86_400),
        ({"x-business-use-case-usage": usage("whatsapp", "2")}, None),
        ({"x-business-use-case-usage": usage("whatsapp_business_management", 60)}, None),
        ({"x-business-use-case-usage": "not JSON"}, None),
        ({"x-business-use-case-usage": '{"a": 1, "b": [2]}'}, None),
    ],
    ids=repr,
)
def test_the_wait_that_whatsapp_asks_for_is_read(headers, seconds):
    assert retry_after_seconds(CaseInsensitiveDict(headers)) == seconds
