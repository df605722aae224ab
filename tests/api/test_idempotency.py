"""A POST repeated under its Idempotency-Key does its work once and answers the same."""

from concurrent.futures import ThreadPoolExecutor

import requests
from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.api_token import IdempotentRequest
from campaign_app.models.campaign import Campaign
from tests.api.client import CAMPAIGN, ApiClient
from tests.databases import an_app
from tests.engine import customers
from tests.server_process import RunningApp


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_the_same_key_and_body_get_the_same_answer(staff):
    first = staff.post("/campaigns", CAMPAIGN, 201, key="order-1")
    again = staff.post("/campaigns", dict(reversed(CAMPAIGN.items())), 201, key="order-1")
    assert (again.data, again.location, again.mimetype) == (first.data, first.location, first.mimetype)
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    assert count(Campaign) == 1


def test_the_same_key_for_something_else_is_refused(staff):
    campaign = staff.post("/campaigns", CAMPAIGN, 201, key="order-1").json
    staff.post("/campaigns", {**CAMPAIGN, "priority": 1}, 409, key="order-1")
    staff.post(f"/campaigns/{campaign['id']}/clone", status=409, key="order-1")
    assert count(Campaign) == 1


def test_another_key_is_another_request(staff):
    assert (
        staff.post("/campaigns", CAMPAIGN, 201, key="a").json["id"]
        != staff.post("/campaigns", CAMPAIGN, 201, key="b").json["id"]
    )


def test_keys_of_two_tokens_are_two_keys(app, staff):
    other = ApiClient(app, "viewer")
    other.token = None
    assert staff.post("/campaigns", CAMPAIGN, 201, key="a").json["id"]
    other.post("/campaigns", CAMPAIGN, 401, key="a")


def test_a_refused_request_may_be_corrected_under_its_key(staff):
    staff.post("/campaigns", {**CAMPAIGN, "priority": 99}, 422, key="a")
    staff.post("/campaigns", CAMPAIGN, 201, key="a")


def test_a_second_launch_under_the_same_key_is_no_conflict(staff):
    customers(2)
    path = f"/campaigns/{staff.campaign(target_audience={'all': True})['id']}"
    first = staff.post(f"{path}/launch", key="go")
    assert staff.post(f"{path}/launch", key="go").data == first.data
    staff.post(f"{path}/launch", status=409, key="go-2")


def test_every_other_post_takes_a_key_too(staff):
    path = f"/campaigns/{staff.campaign()['id']}"
    rows = {"recipients": [{"phone_number": "+919876543210"}]}
    for call, body, status in (
        (f"{path}/recipients", rows, 200),
        (f"{path}/clone", None, 201),
        ("/customers/bulk", {"customers": [{"phone_number": "+919876543210"}]}, 200),
        ("/opt-outs", {"phone_number": "+919876543210"}, 201),
        ("/campaigns/process-daily", None, 202),
        (f"{path}/launch", None, 409),
        ("/number/resume", None, 200),
    ):
        first, again = (staff.post(call, body, status, key=call[-20:]) for _ in range(2))
        assert first.data == again.data, call
        assert ("Idempotent-Replayed" in again.headers) == (status < 400), call


def test_a_key_of_strange_signs_is_refused(staff):
    for key in ("", " ", "a b", "x" * 256, "schlüssel"):
        assert list(staff.post("/campaigns", CAMPAIGN, 422, key=key).json["error"]["fields"]) == [
            "Idempotency-Key"
        ], key
    assert count(Campaign) == count(IdempotentRequest) == 0


def test_two_hundred_at_once_make_one_campaign(database_url):
    with an_app(database_url).app_context():
        token = ApiClient(an_app(database_url)).token
    with RunningApp(database_url, SCHEDULER_ENABLED="0") as running:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}

        def create(_):
            return requests.post(
                f"{running.url}/api/marketing/campaigns", json=CAMPAIGN, headers=headers, timeout=60
            )

        with ThreadPoolExecutor(32) as threads:
            answers = list(threads.map(create, range(200)))
        assert {answer.status_code for answer in answers} == {201}, running.log()[-3000:]
        assert len({(answer.content, answer.headers["Location"]) for answer in answers}) == 1
        listed = requests.get(f"{running.url}/api/marketing/campaigns", headers=headers, timeout=60).json()
    assert len(listed["items"]) == 1
