"""The phone number, the business account, the app's subscription, media."""

import pytest
import requests

from tests.simulator.sending import a_message, error_of, get, send


def graph(simulator, verb, path, **more):
    headers = {"Authorization": f"Bearer {simulator.access_token}"}
    return requests.request(verb, f"{simulator.url}/v25.0/{path}", headers=headers, timeout=10, **more)


def test_the_phone_number_without_fields_gives_the_usual_ones(simulator):
    number = get(simulator, simulator.phone_number_id).json()

    assert set(number) == {
        "id",
        "display_phone_number",
        "verified_name",
        "quality_rating",
        "code_verification_status",
    }
    assert number["id"] == simulator.phone_number_id


def test_the_phone_number_gives_every_field_that_an_app_asks_for(simulator):
    fields = (
        "display_phone_number,verified_name,whatsapp_business_manager_messaging_limit,quality_rating,"
        "throughput,status,name_status,code_verification_status,health_status"
    )
    number = get(simulator, simulator.phone_number_id, fields=fields).json()

    assert set(number) == {*fields.split(","), "id"}
    assert number["whatsapp_business_manager_messaging_limit"] == "TIER_2K"
    assert number["quality_rating"] == "GREEN" and number["status"] == "CONNECTED"
    assert number["throughput"] == {"level": "HIGH"}
    assert number["health_status"]["can_send_message"] == "AVAILABLE"


def test_throughput_up_to_80_is_standard(simulator):
    simulator.settings(throughput=80)
    number = get(simulator, simulator.phone_number_id, fields="throughput").json()
    assert number["throughput"] == {"level": "STANDARD"}


def test_a_field_that_does_not_exist_is_code_100(simulator):
    response = get(simulator, simulator.phone_number_id, fields="shoe_size")

    assert (response.status_code, error_of(response)["code"]) == (400, 100)
    assert "nonexisting field (shoe_size)" in error_of(response)["message"]


def test_an_unknown_object_is_code_100_subcode_33(simulator):
    error = error_of(get(simulator, "4711", fields="id"))

    assert (error["code"], error["error_subcode"], error["type"]) == (100, 33, "GraphMethodException")


def test_the_account_lists_its_phone_number(simulator):
    listed = get(simulator, f"{simulator.business_account_id}/phone_numbers").json()

    assert [one["id"] for one in listed["data"]] == [simulator.phone_number_id]
    assert "cursors" in listed["paging"] and "next" not in listed["paging"]


def test_a_locked_account_shows_in_the_health_status(simulator):
    simulator.settings(outage="refused:131031")
    health = get(simulator, simulator.phone_number_id, fields="health_status").json()["health_status"]

    assert health["can_send_message"] == "BLOCKED"
    assert health["entities"][1]["errors"][0]["error_code"] == 131031


def test_an_app_that_unsubscribes_gets_no_statuses(simulator, sink):
    path = f"{simulator.business_account_id}/subscribed_apps"
    subscribed = graph(simulator, "GET", path).json()["data"]
    assert set(subscribed[0]["whatsapp_business_api_data"]) == {"id", "name", "link"}

    assert graph(simulator, "DELETE", path).json() == {"success": True}
    assert graph(simulator, "GET", path).json() == {"data": []}
    send(simulator, a_message())
    assert simulator.counts()["webhooks"]["waiting"] == 0

    assert graph(simulator, "POST", path).json() == {"success": True}
    send(simulator, a_message())
    simulator.wait_until_told()
    assert len(sink.statuses) == 3


def test_a_callback_given_at_subscribing_must_answer_the_handshake(simulator, sink):
    path = f"{simulator.business_account_id}/subscribed_apps"
    body = {"override_callback_uri": sink.url, "verify_token": "abc"}
    assert graph(simulator, "POST", path, json=body).json() == {"success": True}

    query = sink.handshakes[-1]
    assert query["hub.mode"] == "subscribe" and query["hub.verify_token"] == "abc"
    assert query["hub.challenge"].isdigit()

    body["override_callback_uri"] = "http://127.0.0.1:9/nobody"
    response = graph(simulator, "POST", path, json=body)
    assert (response.status_code, error_of(response)["code"]) == (400, 2200)


def test_an_uploaded_file_gets_an_id(simulator):
    path = f"{simulator.phone_number_id}/media"
    files = {"file": ("a.jpg", b"\xff\xd8picture", "image/jpeg")}
    answer = graph(simulator, "POST", path, data={"messaging_product": "whatsapp"}, files=files)

    assert set(answer.json()) == {"id"}
    medium = get(simulator, answer.json()["id"]).json()
    assert (medium["mime_type"], medium["file_size"]) == ("image/jpeg", 9)


@pytest.mark.parametrize("more", [{}, {"data": {"messaging_product": "whatsapp"}}, {"files": {"file": b"x"}}])
def test_an_upload_without_file_or_product_is_code_100(simulator, more):
    response = graph(simulator, "POST", f"{simulator.phone_number_id}/media", **more)

    assert (response.status_code, error_of(response)["code"]) == (400, 100)
