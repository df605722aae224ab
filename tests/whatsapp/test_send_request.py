"""The body of a send has Meta's shape."""

import pytest

from campaign_app.whatsapp.payloads import send_request

BODY = {"type": "body", "parameters": [{"type": "text", "text": "Ana {{7*7}} 😀"}]}


def test_a_send_request_holds_what_meta_documents():
    assert send_request("+14155550123", "spring_offer", "en_US", [BODY], "a1b2") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+14155550123",
        "type": "template",
        "biz_opaque_callback_data": "a1b2",
        "template": {"name": "spring_offer", "language": {"code": "en_US"}, "components": [BODY]},
    }


@pytest.mark.parametrize("components", [None, [], [{"type": "body", "parameters": []}], [{"type": "body"}]])
def test_a_template_without_variables_is_sent_without_components(components):
    assert "components" not in send_request("+14155550123", "hello", "en", components, "x")["template"]


def test_only_the_empty_components_are_left_out():
    cards = {"type": "carousel", "cards": [{"card_index": 0, "components": []}]}
    given = [{"type": "header", "parameters": []}, BODY, cards]
    assert send_request("+14155550123", "x", "en", given, "x")["template"]["components"] == [BODY, cards]
    assert len(given) == 3


@pytest.mark.parametrize(
    "number", ["14155550123", "", "+", "+0155550123", "+1 415 555", "+1415555012345678", "US.1"]
)
def test_a_number_that_whatsapp_would_complete_by_itself_is_never_sent(number):
    with pytest.raises(ValueError, match=r"E\.164"):
        send_request(number, "x", "en", None, "x")


@pytest.mark.parametrize("callback_data", ["", "x" * 513])
def test_callback_data_that_would_not_come_back_is_refused(callback_data):
    with pytest.raises(ValueError, match="512"):
        send_request("+14155550123", "x", "en", None, callback_data)
