"""The client's questions: the message templates, the number, the subscribed apps."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from campaign_app.whatsapp.client import CloudApi, CloudApiError, SubscribedApp
from tests.whatsapp.conftest import TOKEN
from tests.whatsapp.peers import an_answer, answering


def path_and_query(request: bytes) -> tuple[str, dict]:
    address = urlsplit(request.split(b" ", 2)[1].decode())
    return address.path, parse_qs(address.query)


def a_page(names, following=None) -> bytes:
    page = {"data": [{"name": name} for name in names], "paging": {"cursors": {"after": "x"}}}
    if following:
        page["paging"]["next"] = following
    return an_answer(200, page)


def test_every_page_of_the_templates_is_read_even_a_short_or_empty_one(a_server, an_api):
    address = "https://graph.facebook.com/v25.0/2200110/message_templates?fields=id&limit=100&after="
    server = a_server(answering(a_page("ab", address + "c1"), a_page("", address + "c2%3D"), a_page("c")))
    assert [template["name"] for template in an_api(server).iter_templates()] == ["a", "b", "c"]
    asked = [path_and_query(request) for request in server.requests]
    assert {path for path, _ in asked} == {"/v25.0/2200110/message_templates"}
    assert "components" in asked[0][1]["fields"][0]
    assert [query.get("after") for _, query in asked] == [None, ["c1"], ["c2="]]


def test_the_next_page_is_asked_of_our_own_host_and_the_token_stays_out_of_the_address(a_server, an_api):
    elsewhere = a_server(answering(a_page("stolen")))
    following = f"{elsewhere.url}/v25.0/other/path?after=c1&access_token={TOKEN}"
    server = a_server(answering(a_page("a", following), a_page("b")))
    assert [template["name"] for template in an_api(server).iter_templates()] == ["a", "b"]
    assert elsewhere.connections == 0
    assert path_and_query(server.requests[1]) == ("/v25.0/2200110/message_templates", {"after": ["c1"]})


def test_a_list_that_turns_in_a_circle_ends_with_an_error(a_server, an_api):
    server = a_server(
        answering(
            a_page("a", "https://x/?after=1"),
            a_page("b", "https://x/?after=2"),
            a_page("c", "https://x/?after=1"),
        )
    )
    with pytest.raises(CloudApiError, match="does not end"):
        list(an_api(server).iter_templates())
    assert len(server.requests) == 3


def test_what_is_no_template_is_left_out_of_the_list(a_server, an_api):
    server = a_server(answering(an_answer(200, {"data": [None, {"name": "a"}, 7], "paging": "x"})))
    assert [template["name"] for template in an_api(server).iter_templates()] == ["a"]


def test_the_facts_of_the_number_are_read(a_server, an_api):
    facts = {
        "id": "1065403",
        "display_phone_number": "+1 555-078-3881",
        "verified_name": "Jasper's Market",
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "quality_rating": "GREEN",
        "throughput": {"level": "STANDARD"},
        "status": "CONNECTED",
    }
    server = a_server(answering(an_answer(200, facts)))
    number = an_api(server).phone_number()
    assert (number.display_phone_number, number.verified_name) == ("+1 555-078-3881", "Jasper's Market")
    assert (number.messaging_limit, number.quality_rating) == (2000, "GREEN")
    assert (number.throughput_level, number.status, number.raw) == ("STANDARD", "CONNECTED", facts)
    path, query = path_and_query(server.requests[0])
    assert path == "/v25.0/1065403"
    assert "whatsapp_business_manager_messaging_limit" in query["fields"][0]


@pytest.mark.parametrize(
    ("facts", "limit"),
    [
        ({"whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED"}, "unlimited"),
        ({"whatsapp_business_manager_messaging_limit": "TIER_NOT_SET"}, None),
        ({"messaging_limit_tier": "TIER_1K"}, 1000),
        ({"throughput": "x", "status": {}, "quality_rating": None}, None),
        ({}, None),
    ],
)
def test_facts_that_are_missing_are_unknown(a_server, an_api, facts, limit):
    number = an_api(a_server(answering(an_answer(200, facts)))).phone_number()
    assert number.messaging_limit == limit
    assert (number.throughput_level, number.status, number.quality_rating) == (None, None, None)


def test_the_apps_that_get_the_webhooks_are_read(a_server, an_api):
    ours = {"whatsapp_business_api_data": {"id": "12", "name": "Ours", "link": "x"}}
    moved = {
        "whatsapp_business_api_data": {"id": "13"},
        "override_callback_uri": "https://other.example/hook",
    }
    server = a_server(answering(an_answer(200, {"data": [ours, moved, {}]}), an_answer(200, {"data": []})))
    api = an_api(server)
    assert api.subscribed_apps() == [
        SubscribedApp("12", "Ours", None),
        SubscribedApp("13", None, "https://other.example/hook"),
        SubscribedApp(None, None, None),
    ]
    assert api.subscribed_apps() == []
    assert path_and_query(server.requests[0]) == ("/v25.0/2200110/subscribed_apps", {})


QUESTIONS = {
    "templates": lambda api: list(api.iter_templates()),
    "number": lambda api: api.phone_number(),
    "apps": lambda api: api.subscribed_apps(),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_error_of_metas_is_raised_with_its_code_and_reason(a_server, an_api, question):
    error = {
        "message": "Invalid OAuth access token",
        "type": "OAuthException",
        "code": 190,
        "error_subcode": 463,
    }
    api = an_api(a_server(answering(an_answer(401, {"error": error}))))
    with pytest.raises(CloudApiError) as raised:
        QUESTIONS[question](api)
    assert (raised.value.code, raised.value.http_status) == (190, 401)
    assert raised.value.sentence == str(raised.value)
    assert raised.value.sentence == "Error 190: Access token has expired - Invalid OAuth access token"


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "answer",
    [
        an_answer(200, b"<html>"),
        an_answer(200, []),
        an_answer(502, b"<html>"),
        an_answer(302, b"", "Location: https://x.example/"),
        an_answer(404, {}),
        an_answer(200, {})[:-1],
        b"",
    ],
)
def test_any_other_bad_answer_is_raised_as_a_sentence(a_server, an_api, question, answer):
    def handle(connection, peer):
        peer.read_request(connection)
        connection.sendall(answer)

    with pytest.raises(CloudApiError) as raised:
        QUESTIONS[question](an_api(a_server(handle)))
    assert raised.value.code is None
    assert raised.value.sentence.endswith(".")


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_server_at_all_is_raised_as_a_sentence(an_api, question):
    with pytest.raises(CloudApiError, match="looked up"):
        QUESTIONS[question](an_api("http://no-such-host.invalid"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_without_its_settings_nothing_is_asked(question):
    for token, number, account in (("", "1", "2"), ("t", "", "")):
        with pytest.raises(CloudApiError, match="is not set"):
            QUESTIONS[question](CloudApi("http://127.0.0.1:9", "v25.0", number, account, token, 1))


def test_a_list_of_templates_longer_than_a_send_answer_may_be_is_read(a_server, an_api):
    templates = [{"name": f"t{number}", "components": [{"text": "x" * 20_000}]} for number in range(100)]
    server = a_server(answering(an_answer(200, {"data": templates})))
    assert len(json.dumps(templates)) > 1 << 20
    assert len(list(an_api(server, 5).iter_templates())) == 100
