"""To whom a message goes, by how `to` is written."""

import pytest

from tests.simulator.sending import a_message, error_of, send


@pytest.mark.parametrize(
    ("to", "wa_id"),
    [
        ("+919812340000", "919812340000"),
        ("+91 98123-40000", "919812340000"),
        ("+1 (415) 555-0123", "14155550123"),
        ("9812340000", "919812340000"),
    ],
)
def test_plus_spaces_dashes_and_brackets_are_accepted(simulator, to, wa_id):
    answer = send(simulator, a_message(to)).json()

    assert answer["contacts"] == [{"input": to, "wa_id": wa_id}]


def test_without_a_plus_the_businesss_country_code_is_put_in_front(simulator):
    send(simulator, a_message("4155550123"))
    send(simulator, a_message("+14155550123"))

    without, with_plus = simulator.log()
    assert without["wa_id"] == "914155550123" and without["country_code_added"] is True
    assert with_plus["wa_id"] == "14155550123" and with_plus["country_code_added"] is False


def test_a_doubled_country_code_reaches_nobody(simulator, sink):
    answer = send(simulator, a_message("919812340000")).json()
    simulator.wait_until_told()

    assert answer["contacts"][0]["wa_id"] == "91919812340000"
    assert [status["status"] for status in sink.statuses] == ["failed"]
    assert sink.statuses[0]["errors"][0]["code"] == 131026
    assert sink.statuses[0]["recipient_id"] == "91919812340000"


@pytest.mark.parametrize(
    "to", ["+12", "+0812340000", "call me", "+9198123400001234567", "+91981234000x", "++"]
)
def test_what_cannot_be_a_number_is_code_131009(simulator, to):
    response = send(simulator, a_message(to))

    assert response.status_code == 400
    assert error_of(response)["code"] == 131009
    assert error_of(response)["error_data"]["details"] == f"Invalid phone number: {to}"


def test_the_business_cannot_write_to_itself(simulator):
    simulator.settings(display_phone_number="+91 98123 40000")

    assert error_of(send(simulator, a_message("+919812340000")))["code"] == 131021


def test_brazilian_and_mexican_numbers_get_another_whatsapp_id(simulator):
    brazil = send(simulator, a_message("+5531987654321")).json()["contacts"][0]
    sao_paulo = send(simulator, a_message("+5511987654321")).json()["contacts"][0]
    mexico = send(simulator, a_message("+525512345678")).json()["contacts"][0]

    assert (brazil["wa_id"], sao_paulo["wa_id"]) == ("553187654321", "5511987654321")
    assert mexico["wa_id"] == "5215512345678"


def test_a_user_id_is_answered_and_reported_without_a_number(simulator, sink):
    answer = send(simulator, a_message(to=None, recipient="US.13491208655302741918")).json()
    simulator.wait_until_told()

    assert answer["contacts"] == [{"input": "US.13491208655302741918", "user_id": "US.13491208655302741918"}]
    assert sink.statuses
    for status in sink.statuses:
        assert "recipient_id" not in status
        assert status["recipient_user_id"] == "US.13491208655302741918"


def test_the_number_wins_over_the_user_id(simulator):
    answer = send(simulator, a_message("+919812340000", recipient="US.1")).json()

    assert answer["contacts"][0]["wa_id"] == "919812340000"
