"""The control paths: settings while running, outages, webhooks by hand, a fresh start."""

import json

import pytest
import requests

from tests.simulator.sending import ORDINARY_NUMBER, a_message, a_template, body, code_of, error_of, get, send


def test_settings_change_while_running_and_reset_brings_them_back(simulator):
    before = simulator.settings()
    assert (
        simulator.settings(read_rate=0.5, sent_delay=[0, 1], messaging_limit="TIER_10K")["read_rate"] == 0.5
    )
    send(simulator, a_message())
    simulator.reset()

    assert simulator.settings() == before
    assert simulator.log() == [] and simulator.counts()["posts"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"read_rate": 1.5},
        {"read_rate": "much"},
        {"sent_delay": "5-1"},
        {"sent_delay": -1},
        {"webhook_concurrency": 0},
        {"messaging_limit": "TIER_7"},
        {"outage": "storm"},
        {"shoe_size": 43},
        {"port": 1},
        {"template": {"name": "spring_offer", "language": "en_US", "status": "SLEEPING"}},
        {"template": {"name": "no_such", "language": "en_US", "status": "PAUSED"}},
    ],
)
def test_a_setting_that_does_not_fit_is_refused_and_changes_nothing(simulator, changes):
    before = simulator.settings()
    with pytest.raises(ValueError, match="error"):
        simulator.settings(**changes)

    assert simulator.settings() == before


def test_secrets_are_not_shown(simulator):
    assert "simulator-token" not in json.dumps(simulator.settings())
    assert "simulator-app-secret" not in json.dumps(simulator.settings())


@pytest.mark.parametrize(
    ("outage", "status", "code"),
    [
        ("refused:190", 401, 190),
        ("refused:131042", 400, 131042),
        ("refused:131031", 403, 131031),
        ("refused:368", 403, 368),
        ("refused:130429", 429, 130429),
        ("refused:2388019", 400, 2388019),
        ("html_500", 500, None),
    ],
)
def test_an_outage_strikes_every_number_until_it_ends(simulator, outage, status, code):
    simulator.settings(outage=outage)
    for number in (ORDINARY_NUMBER, "+919812349000"):
        response = send(simulator, a_message(number))
        assert response.status_code == status
        if code is not None:
            assert error_of(response)["code"] == code
    assert simulator.counts()["accepted"] == 0

    simulator.settings(outage="")
    assert send(simulator, a_message()).status_code == 200


def test_an_outage_of_some_strikes_its_share(simulator):
    simulator.settings(outage="refused:130429", outage_share=0.3)
    statuses = [send(simulator, a_message()).status_code for _ in range(100)]

    assert 15 <= statuses.count(429) <= 45
    assert statuses.count(200) == 100 - statuses.count(429)


def test_an_outage_may_accept_and_lose_the_answer(simulator, sink):
    simulator.settings(outage="answer_lost")
    with pytest.raises(requests.ConnectionError):
        send(simulator, a_message())
    simulator.wait_until_told()

    assert simulator.counts()["accepted"] == 1 and len(sink.statuses) == 3


def test_an_expired_token_and_a_500_strike_the_other_paths_too(simulator):
    simulator.settings(outage="refused:190")
    response = get(simulator, simulator.phone_number_id)
    assert (response.status_code, error_of(response)["error_subcode"]) == (401, 463)

    simulator.settings(outage="html_500")
    assert get(simulator, f"{simulator.business_account_id}/message_templates").status_code == 500

    simulator.settings(outage="refused:131042")
    assert get(simulator, simulator.phone_number_id).status_code == 200


def test_a_template_paused_while_running_is_refused_listed_and_told(simulator, sink):
    simulator.template("spring_offer", status="PAUSED")

    assert code_of(simulator, a_message(template=a_template("spring_offer"))) == 132015
    listed = get(simulator, f"{simulator.business_account_id}/message_templates", name="spring_offer").json()
    assert listed["data"][0]["status"] == "PAUSED"
    [value] = sink.changes("message_template_status_update")
    assert value["event"] == "PAUSED" and value["message_template_name"] == "spring_offer"
    assert value["message_template_language"] == "en_US"
    assert value["message_template_id"] == int(listed["data"][0]["id"])
    assert value["reason"] is None and value["other_info"]["title"] == "FIRST_PAUSE"
    assert isinstance(sink.received[0].payload["entry"][0]["time"], int)


def test_a_template_can_be_added_while_running(simulator):
    components = [{"type": "BODY", "text": "Hello {{1}}"}]
    simulator.template("brand_new", "fr", components=components, category="UTILITY")

    assert code_of(simulator, a_message(template=a_template("brand_new", body("Ana"), language="fr"))) is None
    assert code_of(simulator, a_message(template=a_template("brand_new", language="fr"))) == 132000
    simulator.reset()
    assert (
        code_of(simulator, a_message(template=a_template("brand_new", body("Ana"), language="fr"))) == 132001
    )


def test_a_new_messaging_limit_is_reported_and_told(simulator, sink):
    simulator.settings(messaging_limit="TIER_250")

    number = get(
        simulator, simulator.phone_number_id, fields="whatsapp_business_manager_messaging_limit"
    ).json()
    assert number["whatsapp_business_manager_messaging_limit"] == "TIER_250"
    [quality] = sink.changes("phone_number_quality_update")
    assert quality["max_daily_conversations_per_business"] == "TIER_250" and quality["event"] == "DOWNGRADE"
    [capability] = sink.changes("business_capability_update")
    assert capability["max_daily_conversations_per_business"] == 250


def test_an_inbound_text_has_metas_shape(simulator, sink):
    answer = simulator.inbound("+91 98123 40000", text="STOP", name="Ana")

    assert answer["status"] == 200
    value = sink.received[0].change["value"]
    assert value["contacts"][0]["wa_id"] == "919812340000"
    assert value["contacts"][0]["profile"] == {"name": "Ana"}
    [message] = value["messages"]
    assert set(message) == {"from", "id", "timestamp", "type", "text"}
    assert message["from"] == "919812340000" and message["text"] == {"body": "STOP"}
    assert message["id"].startswith("wamid.") and message["timestamp"].isdigit()


def test_an_inbound_button_names_the_message_it_answers(simulator, sink):
    wamid = send(simulator, a_message()).json()["messages"][0]["id"]
    simulator.wait_until_told()
    sink.clear()
    simulator.inbound(ORDINARY_NUMBER, button={"payload": "OPTOUT", "text": "Stop promotions"}, wamid=wamid)

    [message] = sink.received[0].change["value"]["messages"]
    assert message["type"] == "button"
    assert message["button"] == {"payload": "OPTOUT", "text": "Stop promotions"}
    assert message["context"] == {"from": "919876500000", "id": wamid}


def test_a_field_and_value_are_put_into_metas_envelope(simulator, sink):
    preference = {
        "wa_id": "919812340000",
        "detail": "User requested to stop marketing messages",
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": 1790000000,
    }
    simulator.webhook({"field": "user_preferences", "value": {"user_preferences": [preference]}})

    [value] = sink.changes("user_preferences")
    assert value == {"user_preferences": [preference]}
    assert sink.received[0].headers["X-Hub-Signature-256"].startswith("sha256=")


@pytest.mark.parametrize("value", [{"object": "whatsapp_business_account", "entry": []}, [1], "text", None])
def test_any_json_value_can_be_sent_as_it_is(simulator, sink, value):
    simulator.webhook(value)

    assert sink.received[0].payload == value


def test_any_bytes_can_be_sent_signed(simulator, sink):
    simulator.raw_webhook(b"\x00\xff not JSON")

    assert sink.received[0].raw == b"\x00\xff not JSON"


def test_what_the_webhook_answered_is_passed_on(simulator, sink):
    sink.answers = [403]

    assert simulator.webhook({})["status"] == 403


def test_without_an_address_a_webhook_by_hand_is_refused(simulator):
    simulator.settings(webhook_url="")
    with pytest.raises(ValueError, match="no webhook_url"):
        simulator.webhook({})


@pytest.mark.parametrize(
    "content",
    [{}, {"from": "+919812340000"}, {"from": "x", "text": "a"}, {"from": "1", "text": "a", "button": "b"}],
)
def test_an_inbound_that_says_too_little_or_too_much_is_refused(simulator, content):
    response = requests.post(f"{simulator.url}/_simulator/inbound", json=content, timeout=5)

    assert response.status_code == 400 and "inbound needs" in response.json()["error"]


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff"])
def test_a_control_body_that_is_no_json_object_is_a_400(simulator, raw):
    for path in ("settings", "inbound", "kill-point"):
        assert requests.post(f"{simulator.url}/_simulator/{path}", data=raw, timeout=5).status_code == 400
