"""What each fate does on the wire: refusals and statuses."""

import pytest

from tests.simulator.sending import a_message, error_of, send

# ending of the number: HTTP status, code, title
REFUSED = {
    "77000000": (401, 0, "AuthException"),
    "77000004": (429, 4, "Application request limit reached"),
    "77000190": (401, 190, "Error validating access token"),
    "77000368": (403, 368, "Temporarily blocked for policies violations"),
    "77080007": (429, 80007, "Rate limit issues"),
    "77131031": (403, 131031, "Business Account locked"),
    "77131042": (400, 131042, "Business eligibility payment issue"),
    "77131048": (400, 131048, "Spam rate limit hit"),
    "77132001": (404, 132001, "Template name does not exist in the translation"),
    "77132015": (400, 132015, "Template is paused"),
    "77131057": (500, 131057, "Account in maintenance mode"),
    "77000002": (503, 2, "API Service"),
    "00009400": (500, 131000, "Something went wrong"),
    "00009420": (400, 130403, "User blocked by business"),
}

FAILED_LATER = {
    "00009000": 131026,
    "00009150": 131049,
    "00009250": 131050,
    "00009300": 130472,
    "00009350": 131047,
    "00009380": 131053,
    "78131031": 131031,
    "78132015": 132015,
    "78130429": 130429,
}


@pytest.mark.parametrize(("ending", "expected"), REFUSED.items())
def test_a_refusal_has_metas_status_code_and_title(simulator, sink, ending, expected):
    response = send(simulator, a_message("+9198" + ending))
    simulator.wait_until_told()

    error = error_of(response)
    assert (response.status_code, error["code"]) == expected[:2]
    assert error["message"].startswith(f"(#{expected[1]}) {expected[2]}")
    assert set(error) >= {"message", "type", "code", "fbtrace_id"}
    assert sink.statuses == []
    assert simulator.log()[0]["outcome"] == "refused"


@pytest.mark.parametrize("ending", ["00009460", "00009510", "00009530", "79131000", "79000190"])
def test_refused_once_is_accepted_the_second_time(simulator, ending):
    first, second = (send(simulator, a_message("+9198" + ending)) for _ in range(2))

    assert first.status_code >= 400 and "error" in first.json()
    assert second.status_code == 200 and second.json()["messages"][0]["id"]


@pytest.mark.parametrize(("ending", "code"), FAILED_LATER.items())
def test_accepted_then_failed_carries_the_code_and_its_texts(simulator, sink, ending, code):
    answer = send(simulator, a_message("+9198" + ending, biz_opaque_callback_data="t")).json()
    simulator.wait_until_told()

    [status] = sink.statuses
    assert status["status"] == "failed" and status["id"] == answer["messages"][0]["id"]
    assert status["biz_opaque_callback_data"] == "t" and "pricing" not in status
    [error] = status["errors"]
    assert error["code"] == code
    assert error["title"] and error["message"] and error["error_data"]["details"] and error["href"]


@pytest.mark.parametrize(
    ("ending", "names"),
    [
        ("00009640", ["sent", "read"]),
        ("00009690", ["sent", "delivered", "failed"]),
        ("76131049", ["sent", "delivered", "failed"]),
        ("00009635", []),
        ("00009755", ["read", "delivered", "sent"]),
        ("75132015", ["failed"]),
    ],
)
def test_statuses_come_in_the_fates_own_order(simulator, sink, ending, names):
    assert send(simulator, a_message("+9198" + ending)).status_code == 200
    simulator.wait_until_told()

    assert [status["status"] for status in sink.statuses] == names


def test_repeated_statuses_come_three_times_each(simulator, sink):
    send(simulator, a_message("+919812349730"))
    simulator.wait_until_told()

    assert sorted(status["status"] for status in sink.statuses) == sorted(["sent", "delivered", "read"] * 3)


def test_held_for_quality_assessment_is_said_in_the_answer(simulator, sink):
    answer = send(simulator, a_message("+919812349780")).json()
    simulator.wait_until_told()

    assert answer["messages"][0]["message_status"] == "held_for_quality_assessment"
    assert [status["status"] for status in sink.statuses][:1] == ["sent"]


@pytest.mark.parametrize(
    ("ending", "names"),
    [("00009710", ["sent", "delivered", "read"]), ("00009700", ["failed"]), ("74131031", ["failed"])],
)
def test_webhooks_can_come_before_the_answer(simulator, sink, ending, names):
    send(simulator, a_message("+9198" + ending))

    assert sorted(status["status"] for status in sink.statuses) == sorted(names)
    assert max(received.at for received in sink.received) < simulator.log()[0]["answered_at"]


def test_throttling_answers_carry_retry_after_when_asked(simulator):
    assert "Retry-After" not in send(simulator, a_message("+919877130429")).headers
    simulator.settings(retry_after=3)
    assert send(simulator, a_message("+919877130429")).headers["Retry-After"] == "3"
    assert "Retry-After" not in send(simulator, a_message("+919877131042")).headers


def test_only_throttling_and_outages_of_graph_call_themselves_transient(simulator):
    assert error_of(send(simulator, a_message("+919877080007")))["is_transient"] is True
    assert error_of(send(simulator, a_message("+919877000002")))["is_transient"] is True
    assert "is_transient" not in error_of(send(simulator, a_message("+919877131042")))
