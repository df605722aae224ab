"""The pages of segments: conditions as form controls, a live count, and a segment as a campaign's audience."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.segment import Segment
from campaign_app.services.segments import save_segment
from campaign_app.web.segment_rows import builder_of
from tests.customers_made import NOW, a_customer
from tests.page_checks import a_client
from tests.pages_made import a_message_template, words
from tests.web.campaign_path import walk

CAMPAIGN = "01a20484-56bc-7cd0-bc72-0bf425739b98"
SHOWN = [
    {"customer_tier": ["gold"], "location": ["Mumbai"]},
    {"customer_tier": ["gold", "silver"]},
    {"tags": {"not": ["staff"]}, "Loyalty Points": {"gte": 100.0}},
    {"location": {"exists": False}, "name": {"contains": ["rao"]}},
    {"opted_in": True},
    {"any": [{"tags": ["vip"]}, {"read": {"campaign": CAMPAIGN}}]},
    {"received": {"days": 30}, "not": {"read": {"ever": True}}},
    {"any": [{"customer_tier": ["gold"], "tags": ["vip"]}, {"never_contacted": True}]},
    {"all": [{"any": [{"tags": ["a"]}, {"tags": ["b"]}]}, {"any": [{"tags": ["c"]}, {"opted_in": None}]}]},
    {"added_on": {"gte": "2026-01-31"}},
]


def row(place: str, **values) -> dict[str, str]:
    return {f"{place}-{name}": value for name, value in values.items()}


def form(*rows: dict[str, str], **more: str) -> dict[str, str]:
    fields = {"name": "Gold in Mumbai", "match": "all", "g0-match": "all"}
    for one in rows:
        fields |= one
    return fields | more


GOLD = row("g0r0", subject="column:customer_tier", operator="any_of", value="gold, platinum")
MUMBAI = row("g0r1", subject="column:location", operator="any_of", value="Mumbai")


def the_segment() -> Segment:
    db.session.rollback()
    return db.session.scalars(select(Segment)).one()


@pytest.mark.parametrize("chosen", SHOWN, ids=str)
def test_what_the_form_shows_is_what_it_saves(chosen):
    assert builder_of(chosen).filter() == chosen


@pytest.mark.parametrize(
    "chosen",
    [{"all": True}, {"not": {"tags": ["x"]}}, {"any": [{"all": [{"any": [{"tags": "x"}]}]}]}, {"tags": ["a,b"]}],
    ids=str,
)  # fmt: skip
def test_what_the_form_cannot_show_stays_as_it_was_written(app, chosen):
    segment = save_segment(None, "Over the API", chosen, "api", NOW)
    db.session.commit()
    client = a_client(app, "staff")
    page = client.get(f"/segments/{segment.id}").text
    assert "The filter as JSON" in page
    client.post(f"/segments/{segment.id}", {"name": "Renamed", "json": '{"tags": "new"}'}, status=303)
    assert (the_segment().name, the_segment().filter) == ("Renamed", {"tags": "new"})


def test_a_segment_is_built_counted_and_saved_with_form_controls(app):
    a_customer(1, name="Asha", customer_tier="gold", location="Mumbai")
    a_customer(2, name="Uma", customer_tier="gold", location="Pune")
    db.session.commit()
    client = a_client(app, "staff")
    assert "No segment yet" in client.get("/segments").text
    assert "Add a condition…" in client.get("/segments/new").text
    counted = words(client.post("/segments/_count", form(GOLD, MUMBAI)).text)
    assert "1 person can be written to" in counted and "Asha" in counted and "Uma" not in counted
    address = client.post("/segments/new", form(GOLD, MUMBAI), status=303).location
    assert the_segment().filter == {"customer_tier": ["gold", "platinum"], "location": ["Mumbai"]}
    assert "gold, platinum" in client.get(address).text
    assert "Tier: gold or platinum" in words(client.get("/segments").text)


def test_groups_and_rows_are_added_and_removed_without_script(app):
    client = a_client(app, "staff")
    page = client.post("/segments/new", form(GOLD, MUMBAI, step="group")).text
    assert "Group 2" in page and "Remove the group" in page
    page = client.post("/segments/new", form(GOLD, MUMBAI, remove="g0r0")).text
    assert "Mumbai" in page and "gold, platinum" not in page
    second = {"g1-match": "any", **row("g1r0", subject="column:tags", operator="not", value="staff")}
    page = client.post("/segments/new", form(GOLD, second, remove="g1")).text
    assert "staff" not in page.replace("staff@example.com", "") and "gold, platinum" in page
    assert db.session.scalars(select(Segment)).all() == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose at least one condition."),
        (row("g0r0", subject="column:tags", operator="any_of", value=" , "), "Tags: enter a value."),
        (row("g0r0", subject="did:read", span="campaign", campaign=""), "Read a message: choose a campaign."),
        (row("g0r0", subject="did:read", span="days", days="x"), "enter a number of days"),
        (row("g0r0", subject="added", bound="gte", day=""), "Added: choose a day."),
        (row("g0r0", subject="attribute:points", operator="gte", value="many"), "points: gte is a number"),
        (row("g0r0", subject="nonsense"), "Choose what a condition is about."),
    ],
)
def test_a_condition_that_is_not_complete_is_refused_beside_what_was_typed(app, fields, sentence):
    client = a_client(app, "staff")
    page = client.post("/segments/new", form(fields), status=422).text
    assert sentence in words(page) and 'value="Gold in Mumbai"' in page


def test_a_segment_is_the_audience_of_a_campaign(app):
    a_message_template()
    a_customer(1, customer_tier="gold")
    segment = save_segment(None, "Gold", {"customer_tier": "gold"}, "x", NOW)
    db.session.commit()
    client = a_client(app, "staff")
    fields = {
        "name": "Spring", "template": "sale|en_US", "audience_mode": "segment", "segment": str(segment.id),
        "daily_send_limit": "250", "priority": "5",
    }  # fmt: skip
    assert "1</strong> person can be written to" in client.post("/campaigns/_audience-count", fields).text
    address = walk(client, fields)
    assert db.session.scalars(select(Campaign)).one().target_audience == {"segment": str(segment.id)}
    page = words(client.get(address).text)
    assert "Segment Gold" in page and "1 person matches" in page
    edited = client.get(f"{address}/setup/people").text
    assert f'selected value="{segment.id}"' in edited
    client.post(f"{address}/setup/people", {**fields, "segment": ""}, status=422)
    client.post(f"/segments/{segment.id}/delete", status=303)
    assert "is meant for this segment" in client.get(f"/segments/{segment.id}").text


def test_viewers_look_and_change_nothing(app):
    segment = save_segment(None, "Gold", {"customer_tier": "gold"}, "x", NOW)
    db.session.commit()
    client = a_client(app, "viewer")
    assert "Save the" not in client.get(f"/segments/{segment.id}").text
    client.get("/segments")
    client.post("/segments/new", form(GOLD), status=403)
    client.post(f"/segments/{segment.id}/delete", status=403)
