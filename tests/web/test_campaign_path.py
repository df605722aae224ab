"""The path of a campaign's set-up: each step saves itself, has its own address, and can be left and come back to."""

import re

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from tests.page_checks import a_client
from tests.pages_made import WITH_VALUES, a_launched_campaign, a_message_template, words
from tests.web.campaign_path import FILLED, make


def the_only_campaign() -> Campaign:
    return db.session.scalars(select(Campaign)).one()


def test_the_same_form_sent_twice_makes_one_draft(app):
    a_message_template()
    client = a_client(app, "staff")
    draft = re.search(r'name="draft" value="([^"]+)"', client.get("/campaigns/new").text)[1]
    for name in ("Sent once", "Sent twice"):
        client.post("/campaigns/new", {**FILLED, "name": name, "draft": draft}, 303)
    assert (str(the_only_campaign().id), the_only_campaign().name) == (draft, "Sent twice")


def test_what_is_typed_saves_itself_from_the_first_step_on(app):
    a_message_template(components=WITH_VALUES)
    client = a_client(app, "staff")
    typed = {**FILLED, "draft": "01a20484-56bc-7cd0-bc72-0bf425739b98", "value-body-1": "Ana"}
    answer = client.post("/campaigns/_save-message", {**typed, "name": ""}, 200)
    assert "Not saved yet. Name: Enter a name for the campaign." in words(answer.text)
    assert db.session.scalars(select(Campaign)).all() == []
    assert "Saved at" in words(client.post("/campaigns/_save-message", typed, 200).text)
    client.post("/campaigns/_save-message", {**typed, "name": "Another name"}, 200)
    draft = the_only_campaign()
    assert (draft.name, str(draft.id)) == ("Another name", typed["draft"])
    assert draft.template_components[0]["parameters"] == [{"type": "text", "text": "Ana"}]

    answer = client.post(f"/campaigns/{draft.id}/setup/_save-people", FILLED, 200)
    assert "Saved at" in words(answer.text)
    answer = client.post(
        f"/campaigns/{draft.id}/setup/_save-people", {**FILLED, "other_conditions": "{"}, 200
    )
    assert "Not saved yet. Further conditions: Write an object" in words(answer.text)
    answer = client.post(f"/campaigns/{draft.id}/setup/_save-schedule", FILLED, 200)
    assert "Saved at" in words(answer.text)
    draft = the_only_campaign()
    assert draft.target_audience == {"customer_tier": ["gold", "platinum"]} and draft.priority == 3


def test_going_back_keeps_what_was_typed_and_demands_nothing(app):
    a_message_template()
    client = a_client(app, "staff")
    address = make(client, FILLED)
    some = {"audience_mode": "some", "tags": ["vip"], "go": "back"}
    assert client.post(f"{address}/setup/people", some, 303).location == f"{address}/setup/message"
    assert the_only_campaign().target_audience == {"tags": ["vip"]}
    none = {"audience_mode": "some", "go": "back"}
    assert client.post(f"{address}/setup/people", none, 303).location == f"{address}/setup/message"
    back = {**FILLED, "daily_send_limit": "77", "go": "back"}
    assert client.post(f"{address}/setup/schedule", back, 303).location == f"{address}/setup/people"
    assert the_only_campaign().daily_send_limit == 77


def test_each_step_names_the_others_and_leads_to_them(app):
    a_message_template()
    client = a_client(app, "staff")
    assert 'aria-current="step">Message' in client.get("/campaigns/new").text
    address = make(client, FILLED)
    for step, words_of_step in (("message", "Message"), ("people", "People"), ("schedule", "Schedule")):
        page = client.get(f"{address}/setup/{step}").text
        assert f'aria-current="step">{words_of_step}' in page
        for other in {"message", "people", "schedule"} - {step}:
            assert f'href="{address}/setup/{other}"' in page
    assert 'aria-current="step">Check and launch' in client.get(f"{address}/launch").text
    assert client.get(f"{address}/edit", 303).location == f"{address}/setup/message"


@pytest.mark.parametrize("step", ["message", "people", "schedule"])
def test_after_the_launch_no_step_changes_anything(app, step):
    campaign = a_launched_campaign(name="Frozen")
    client = a_client(app, "staff")
    address = f"/campaigns/{campaign.id}/setup"
    assert "frozen" in words(client.get(f"{address}/{step}", 409).text)
    client.post(f"{address}/{step}", FILLED, 409)
    unasked = "/campaigns/_save-message" if step == "message" else f"{address}/_save-{step}"
    answer = client._ask(
        "post",
        unasked,
        data={**FILLED, "draft": str(campaign.id), "csrf_token": client.csrf_token()},
    )
    assert answer.status_code == 409
    assert the_only_campaign().name == "Frozen"
