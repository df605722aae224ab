"""A message request is answered as Meta answers it, and written down in the log."""

import base64

import pytest

from tests.simulator.sending import ORDINARY_NUMBER, a_message, error_of, send


def test_an_accepted_message_is_answered_with_contact_id_and_status(simulator):
    response = send(simulator, a_message())

    answer = response.json()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert set(answer) == {"messaging_product", "contacts", "messages"}
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": ORDINARY_NUMBER, "wa_id": ORDINARY_NUMBER[1:]}]
    assert set(answer["messages"][0]) == {"id", "message_status"}
    assert answer["messages"][0]["message_status"] == "accepted"


def test_every_message_id_is_new_and_has_metas_form(simulator):
    ids = {send(simulator, a_message()).json()["messages"][0]["id"] for _ in range(20)}

    assert len(ids) == 20
    for wamid in ids:
        assert wamid.startswith("wamid.HBg")
        assert ORDINARY_NUMBER[1:].encode() in base64.b64decode(wamid.removeprefix("wamid."))


def test_the_log_holds_what_was_sent_and_what_came_of_it(simulator):
    accepted = send(simulator, a_message(biz_opaque_callback_data="attempt-1")).json()["messages"][0]["id"]
    send(simulator, a_message("+919877131042", biz_opaque_callback_data="attempt-2"))

    first, second = simulator.log()
    assert first["outcome"] == "accepted" and first["wamid"] == accepted and first["http_status"] == 200
    assert first["callback_data"] == "attempt-1" and first["wa_id"] == ORDINARY_NUMBER[1:]
    assert '"holiday_sale_template"' in first["body"] and first["template"] == "holiday_sale_template"
    assert first["arrived_at"] <= first["accepted_at"] <= first["answered_at"]
    assert second["outcome"] == "refused" and second["code"] == 131042 and second["wamid"] is None
    assert second["arrived_monotonic"] > first["arrived_monotonic"]
    assert [post["number"] for post in simulator.log(since=1)] == [2]


def test_the_counts_show_a_message_that_was_accepted_twice(simulator):
    for _ in range(2):
        send(simulator, a_message(biz_opaque_callback_data="the-same"))
    send(simulator, a_message("+919812340001", biz_opaque_callback_data="another"))

    counts = simulator.counts()
    assert counts["accepted"] == 3
    assert counts["accepted_twice"] == 1 and counts["numbers_accepted_twice"] == 1
    assert counts["numbers_accepted"] == 2


@pytest.mark.parametrize(("token", "code"), [(None, 104), ("wrong", 190)])
def test_a_missing_or_wrong_token_is_a_401(simulator, token, code):
    response = send(simulator, a_message(), token=token)

    error = error_of(response)
    assert response.status_code == 401
    assert error["code"] == code and error["type"] == "OAuthException" and error["fbtrace_id"]
    assert simulator.counts()["accepted"] == 0


def test_the_token_is_checked_before_the_message(simulator):
    assert error_of(send(simulator, b"{not json", token="wrong"))["code"] == 190


def test_another_phone_number_id_is_code_100_subcode_33(simulator):
    response = send(simulator, a_message(), url=f"{simulator.url}/v25.0/4711/messages")

    error = error_of(response)
    assert response.status_code == 400
    assert (error["code"], error["error_subcode"], error["type"]) == (100, 33, "GraphMethodException")
    assert "Object with ID '4711' does not exist" in error["message"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"to=1&type=template", b"\xff\xfe", b"[1]", b'"text"', b"[" * 100_000]
)
def test_a_body_that_is_no_json_object_is_code_100(simulator, raw):
    response = send(simulator, raw)

    assert response.status_code == 400
    assert error_of(response)["code"] == 100
    assert simulator.log()[0]["outcome"] == "refused"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"messaging_product": None}, "The parameter messaging_product is required."),
        ({"messaging_product": "sms"}, "Param messaging_product must be one of {WHATSAPP}"),
        ({"to": None}, "The parameter to is required."),
        ({"to": 919812340000}, "Param to must be a string."),
        ({"recipient_type": "everybody"}, "Param recipient_type must be one of"),
        ({"type": "pigeon"}, "Param type must be one of"),
        ({"templates": {}}, 'Unexpected key "templates" on param "$"'),
        ({"template": None}, "The parameter template is required."),
        ({"template": {"language": {"code": "en_US"}}}, "template['name'] is required."),
        ({"template": {"name": "spring_offer"}}, "template['language']['code'] is required."),
        (
            {"template": {"name": "spring_offer", "language": "en_US"}},
            "template['language']['code'] is required",
        ),
        ({"biz_opaque_callback_data": "x" * 513}, "biz_opaque_callback_data must be at most 512"),
        ({"biz_opaque_callback_data": 7}, "biz_opaque_callback_data must be a string"),
    ],
)
def test_what_is_missing_misspelt_or_too_long_is_code_100_in_metas_words(simulator, changes, sentence):
    response = send(simulator, a_message(**changes))

    assert response.status_code == 400
    assert error_of(response)["code"] == 100
    assert sentence in error_of(response)["message"]


def test_callback_data_of_512_characters_are_taken(simulator):
    assert send(simulator, a_message(biz_opaque_callback_data="x" * 512)).status_code == 200


def test_free_text_is_accepted_but_fails_unless_the_person_wrote_within_a_day(simulator, sink):
    text = {"type": "text", "template": None, "text": {"body": "Hello"}}
    send(simulator, a_message(**text))
    simulator.wait_until_told()
    simulator.inbound(ORDINARY_NUMBER, text="Hi")
    send(simulator, a_message(**text))
    simulator.wait_until_told()

    assert [status["status"] for status in sink.statuses] == ["failed", "sent", "delivered", "read"]
    assert sink.statuses[0]["errors"][0]["code"] == 131047


def test_an_unknown_path_and_a_bad_version_are_graph_errors(simulator):
    unknown = send(simulator, a_message(), url=f"{simulator.url}/v25.0/1/massages")
    bad_version = send(simulator, a_message(), url=f"{simulator.url}/25/{simulator.phone_number_id}/messages")

    assert (unknown.status_code, error_of(unknown)["code"]) == (400, 2500)
    assert (bad_version.status_code, error_of(bad_version)["code"]) == (400, 100)
