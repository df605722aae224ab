"""Every refusal has one shape, names what is wrong, and changes nothing."""

import json
from io import BytesIO

from campaign_app.web.api.authentication import open_to_everybody
from campaign_app.web.api.json_input import LARGEST_BODY
from tests.api.client import CAMPAIGN, ApiClient
from tests.databases import an_app

NOBODY = "/campaigns/00000000-0000-0000-0000-000000000000"

NOT_JSON = [
    (b"not json", "application/json", "not JSON"),
    (b'{"name": NaN}', "application/json", "NaN"),
    (b'{"name": "a", "name": "b"}', "application/json", "twice"),
    (b'{"name": "\xff"}', "application/json", "UTF-8"),
    (b'{"name": 1' + b"0" * 5000 + b"}", "application/json", "JSON"),
    (b"[" * 100_000, "application/json", "deeply"),
    (b"name=x", "application/x-www-form-urlencoded", "Content-Type: application/json"),
    (b'{"name": "x"}', "text/plain", "Content-Type: application/json"),
]


def test_what_is_not_json_is_400(staff):
    for body, content_type, part in NOT_JSON:
        error = staff.ask("POST", "/campaigns", 400, data=body, content_type=content_type).json["error"]
        assert error["code"] == "bad_request" and part in error["message"], f"{body[:40]}: {error}"


def test_json_by_any_of_its_names_is_taken(staff):
    for content_type in ("application/json; charset=utf-8", "application/vnd.shop+json", ""):
        staff.ask("POST", "/campaigns", 201, data=json.dumps(CAMPAIGN), content_type=content_type)


def test_a_body_that_is_no_object_is_422(staff):
    for body in ("[]", '"text"', "5", "null", "true", ""):
        staff.ask("POST", "/campaigns", 422, data=body, content_type="application/json")


WRONG_FIELDS = [
    ({"colour": "red"}, "colour", "no such field"),
    ({"name": None}, "name", "text"),
    ({"name": ""}, "name", "empty"),
    ({"name": "  "}, "name", "name"),
    ({"name": "x" * 201}, "name", "200"),
    ({"name": "a\0b"}, "name", "NUL"),
    ({"name": "\ud800"}, "name", "surrogate"),
    ({"daily_send_limit": "250"}, "daily_send_limit", "whole number"),
    ({"daily_send_limit": 2.5}, "daily_send_limit", "whole number"),
    ({"daily_send_limit": True}, "daily_send_limit", "whole number"),
    ({"daily_send_limit": 0}, "daily_send_limit", "from 1"),
    ({"daily_send_limit": 10**30}, "daily_send_limit", "too large"),
    ({"priority": 11}, "priority", "10"),
    ({"scheduled_end_date": "2020-01-01T00:00:00"}, "scheduled_end_date", "past"),
    ({"scheduled_end_date": "2029-01-01T00:00:00"}, "scheduled_end_date", "after the start"),
    ({"scheduled_start_date": "tomorrow"}, "scheduled_start_date", "day and a time"),
    ({"scheduled_start_date": "2030-01-01"}, "scheduled_start_date", "day and a time"),
    ({"scheduled_start_date": "0001-01-01T00:00:00+14:00"}, "scheduled_start_date", "day and a time"),
    ({"scheduled_end_date": "9999-12-31T23:59:59"}, "scheduled_end_date", "day and a time"),
    ({"scheduled_start_date": 1893456000}, "scheduled_start_date", "text"),
    ({"send_window": {"days": ["mon"], "start": "9", "end": "20:00"}}, "send_window.start", "09:00"),
    (
        {"send_window": {"days": ["Monday"], "start": "09:00", "end": "20:00"}},
        "send_window.days.0",
        "Use one of",
    ),
    ({"send_window": {"start": "09:00", "end": "09:00"}}, "send_window", "same time"),
    ({"timezone": "Mumbai"}, "timezone", "time zone"),
    ({"target_audience": {"customer_tier": {"like": "g"}}}, "target_audience", "operator"),
    ({"target_audience": ["gold"]}, "target_audience", "object"),
    ({"template_components": [{"type": "footer"}]}, "template_components", "components"),
    ({"template_components": {"type": "body"}}, "template_components", "list"),
]


def test_a_wrong_field_is_422_and_named(staff):
    for change, field, part in WRONG_FIELDS:
        error = staff.post("/campaigns", {**CAMPAIGN, **change}, 422).json["error"]
        assert error["code"] == "invalid"
        assert list(error["fields"]) == [field], f"{change}: {error}"
        assert part in error["fields"][field][0], f"{change}: {error}"
    assert staff.get("/campaigns").json["items"] == []


def test_all_that_is_wrong_is_told_at_once(staff):
    fields = staff.post("/campaigns", {"priority": 0, "x": 1}, 422).json["error"]["fields"]
    assert set(fields) == {"name", "template_name", "priority", "x"}


def test_a_name_of_a_field_that_holds_nul_is_422(staff):
    body = {**CAMPAIGN, "target_audience": {"a\0b": "x"}}
    assert list(staff.post("/campaigns", body, 422).json["error"]["fields"]) == ["target_audience.a\\0b"]


def test_thousands_of_faults_are_answered_with_some_of_them(staff):
    campaign = staff.campaign()
    body = {"recipients": [{"phone": "x"}] * 1000}
    assert (
        len(staff.post(f"/campaigns/{campaign['id']}/recipients", body, 422).json["error"]["fields"]) == 100
    )


WRONG_PARAMETERS = [
    ("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("limit=1&limit=2", "limit"),
    ("cursor=x", "cursor"), ("cursor=%F0%9F%98%80", "cursor"), ("cursor=W10", "cursor"), ("cursor=" + "A" * 600, "cursor"),
    ("status=sent", "status"), ("page=2", "page"),
]  # fmt: skip


def test_a_wrong_parameter_is_422_and_named(viewer):
    for query, field in WRONG_PARAMETERS:
        assert list(viewer.get(f"/campaigns?{query}", 422).json["error"]["fields"]) == [field], query


def test_what_is_not_there_is_404(viewer):
    for path in (
        NOBODY,
        f"{NOBODY}/stats",
        "/campaigns/nobody",
        "/customers/+919876543210",
        "/customers/1x",
        "/nothing",
    ):
        assert viewer.get(path, 404).json["error"]["code"] == "not_found"


def test_a_wrong_method_is_405_and_the_right_ones_are_named(staff):
    answer = staff.ask("PUT", "/campaigns", 405)
    assert answer.json["error"]["code"] == "method_not_allowed"
    assert "POST" in answer.headers["Allow"]
    staff.get("/campaigns/process-daily", 405)


def test_a_body_that_is_too_large_is_413(staff):
    body = b'{"name": "' + b"x" * LARGEST_BODY + b'"}'
    answer = staff.ask("POST", "/campaigns", 413, data=body, content_type="application/json")
    assert answer.json["error"]["code"] == "too_large"


def test_a_body_in_chunks_that_is_too_large_is_413(staff):
    answer = staff.ask(
        "POST",
        "/campaigns",
        413,
        input_stream=BytesIO(b"x" * (LARGEST_BODY + 1)),
        content_type="application/json",
        environ_overrides={"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
    )
    assert answer.json["error"]["code"] == "too_large"


def test_a_fault_of_ours_is_500_with_a_reference_and_nothing_of_its_inside(database_url, caplog):
    app = an_app(database_url)
    app.add_url_rule("/api/marketing/broken", "api.broken", open_to_everybody(lambda: 1 / 0))
    with app.app_context(), caplog.at_level("ERROR"):
        error = ApiClient(app, None).get("/broken", 500).json["error"]
    assert error["code"] == "internal_error" and "ZeroDivision" not in error["message"]
    assert error["reference"] in caplog.text


def test_a_page_is_still_a_page(app):
    assert app.test_client().get("/nothing").mimetype == "text/html"
