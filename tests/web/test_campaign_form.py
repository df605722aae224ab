"""Setting a campaign up in the browser, with and without JavaScript."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.campaigns import FIELDS
from campaign_app.services.lifecycle import cancel
from tests.databases import an_app
from tests.page_checks import a_client
from tests.pages_made import (
    WITH_VALUES,
    a_draft,
    a_launched_campaign,
    a_message_template,
    some_customers,
    words,
)
from tests.web.campaign_path import FILLED, walk


def the_only_campaign() -> Campaign:
    return db.session.scalars(select(Campaign)).one()


def test_a_filled_form_becomes_a_draft(app):
    a_message_template()
    address = walk(a_client(app, "staff"), FILLED)
    campaign = the_only_campaign()
    assert address == f"/campaigns/{campaign.id}"
    assert (campaign.name, campaign.status, campaign.created_by) == (
        "Diwali early access",
        "draft",
        "staff@example.com",
    )
    assert campaign.target_audience == {"customer_tier": ["gold", "platinum"]}
    assert (campaign.daily_send_limit, campaign.priority) == (500, 3)
    assert (campaign.template_name, campaign.language_code) == ("sale", "en_US")


def test_typed_values_become_whatsapps_components(app):
    a_message_template(components=WITH_VALUES)
    values = {
        "value-header": "{{name|you}}",
        "value-body-1": "{{name|friend}}",
        "value-body-2": "20%",
        "value-button-0": "x-1",
    }
    a_client(app, "staff").post("/campaigns/new", {**FILLED, **values}, 303)
    assert the_only_campaign().template_components == [
        {"type": "header", "parameters": [{"type": "text", "text": "{{name|you}}"}]},
        {
            "type": "body",
            "parameters": [{"type": "text", "text": "{{name|friend}}"}, {"type": "text", "text": "20%"}],
        },
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "x-1"}]},
    ]


def test_a_value_that_is_missing_is_said_beside_its_field(app):
    a_message_template(components=WITH_VALUES)
    page = a_client(app, "staff").post("/campaigns/new", {**FILLED, "value-body-1": "Ana"}, 422).text
    assert 'id="value-body-2-error"' in page and 'id="value-body-1-error"' not in page
    assert 'value="Ana"' in page, "what was typed is kept"
    assert db.session.scalars(select(Campaign)).all() == []


@pytest.mark.parametrize(
    ("step", "field", "typed", "sentence"),
    [
        ("message", "name", "", "Enter a name for the campaign."),
        ("message", "name", "x" * 201, "Use at most 200 signs."),
        ("message", "template", "", "Choose a message template."),
        ("people", "customer_tier", [], "Choose at least one feature, or choose every customer."),
        ("people", "other_conditions", "{not json", "Write an object such as"),
        ("people", "other_conditions", '{"points": {"wow": 1}}', "wow"),
        ("schedule", "daily_send_limit", "0", "Enter a number from 1 to 1,000,000."),
        ("schedule", "daily_send_limit", "many", "Enter a whole number."),
        ("schedule", "daily_send_limit", "", "Enter how many messages may go out a day."),
        ("schedule", "daily_send_limit", "99999999999999999999", "Enter a number from 1 to 1,000,000."),
        ("schedule", "scheduled_end_date", "2020-01-01T09:00", "The end is already past."),
        ("schedule", "scheduled_end_date", "soon", "Enter a day and a time."),
        ("schedule", "scheduled_start_date", "9999-99-99T99:99", "Enter a day and a time."),
        ("schedule", "priority", "11", "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_is_kept(app, step, field, typed, sentence):
    a_message_template()
    draft = a_draft(name="As it was")
    before = {name: getattr(draft, name) for name in FIELDS}
    address = f"/campaigns/{draft.id}/setup/{step}"
    page = a_client(app, "staff").post(address, {**FILLED, field: typed}, 422).text
    assert sentence in words(page)
    kept = {"message": "For our best", "people": 'value="gold" checked', "schedule": 'value="3"'}
    if field != "customer_tier":
        assert kept[step] in page
    assert {name: getattr(the_only_campaign(), name) for name in FIELDS} == before


def test_a_send_window_needs_its_days_and_hours(app):
    a_message_template()
    client = a_client(app, "staff")
    address = f"/campaigns/{a_draft().id}/setup/schedule"
    page = client.post(address, {**FILLED, "window_on": "y", "window_days": ["mon"]}, 422)
    assert "Enter both hours" in words(page.text)
    hours = {"window_on": "y", "window_days": ["fri", "mon"], "window_start": "09:00", "window_end": "20:30"}
    client.post(address, {**FILLED, **hours}, 303)
    assert the_only_campaign().send_window == {"days": ["mon", "fri"], "start": "09:00", "end": "20:30"}


def test_times_are_typed_in_the_business_zone(database_url):
    app = an_app(database_url, BUSINESS_TIMEZONE="Asia/Kolkata")
    with app.app_context():
        a_message_template()
        client = a_client(app, "staff")
        address = f"/campaigns/{a_draft().id}/setup/schedule"
        assert "In Asia/Kolkata" in words(client.get(address).text)
        client.post(address, {**FILLED, "scheduled_start_date": "2036-01-05T09:00"}, 303)
        campaign = the_only_campaign()
        assert campaign.scheduled_start_date == datetime(2036, 1, 5, 3, 30, tzinfo=UTC)
        assert 'value="2036-01-05T09:00"' in client.get(address).text
        db.session.remove()
        db.engine.dispose()


def test_a_draft_comes_back_into_the_form_as_it_was_typed(app):
    a_message_template(components=WITH_VALUES)
    client = a_client(app, "staff")
    values = {"value-header": "Ana", "value-body-1": "{{name}}", "value-body-2": "20%", "value-button-0": "x"}
    extra = {"other_tags": "vip, repeat", "other_conditions": '{"points": {"gte": 100}}'}
    address = walk(client, {**FILLED, **values, **extra})
    campaign = the_only_campaign()
    before = (campaign.template_components, campaign.target_audience)
    assert before[1] == {
        "points": {"gte": 100},
        "customer_tier": ["gold", "platinum"],
        "tags": ["vip", "repeat"],
    }
    assert 'value="{{name}}"' in client.get(f"{address}/setup/message").text
    page = client.get(f"{address}/setup/people").text
    assert 'value="vip" checked' in page and "&#34;gte&#34;: 100" in page
    typed = {
        **FILLED,
        **values,
        "tags": ["vip", "repeat"],
        "other_conditions": '{"points": {"gte": 100}}',
        "name": "Another name",
    }
    walk(client, typed, f"{address}/setup/message")
    campaign = the_only_campaign()
    assert (
        campaign.name == "Another name" and (campaign.template_components, campaign.target_audience) == before
    )


def test_without_javascript_the_fields_of_a_template_come_by_a_button(app):
    a_message_template(components=WITH_VALUES)
    client = a_client(app, "staff")
    assert "value-body-1" not in client.get("/campaigns/new").text
    page = client.post("/campaigns/new", {**FILLED, "step": "message"}, 200).text
    assert 'id="value-body-1"' in page and 'value="Diwali early access"' in page


def test_the_preview_shows_what_is_typed(app):
    a_message_template(components=WITH_VALUES)
    client = a_client(app, "staff")
    answer = client.post(
        "/campaigns/_preview", {**FILLED, "value-body-1": "{{name}}", "value-body-2": "<b>20%</b>"}, 200
    )
    assert "Hello name , take <b>20%</b> off." in words(answer.text)
    assert "&lt;b&gt;20%" in answer.text
    assert "Customers without name will be left out" in words(answer.text)


def test_changing_the_template_brings_its_fields(app):
    a_message_template(components=WITH_VALUES)
    answer = a_client(app, "staff").post("/campaigns/_message", {"template": "sale|en_US"}, 200)
    assert 'name="value-button-0"' in answer.text


@pytest.mark.parametrize("by_button", [True, False])
def test_the_audience_is_counted_with_and_without_javascript(app, by_button):
    a_message_template()
    some_customers(3, customer_tier="gold")
    some_customers(2, first=3, customer_tier="gold", opted_in=False)
    some_customers(4, first=5, customer_tier="bronze")
    client = a_client(app, "staff")
    filled = {**FILLED, "customer_tier": ["gold"]}
    if by_button:
        address = f"/campaigns/{a_draft().id}/setup/people"
        answer = client.post(address, {**filled, "step": "count"}, 200)
    else:
        answer = client.post("/campaigns/_audience-count", filled, 200)
    assert "3 people can be written to of 5 who match. 2 opted out or said no." in words(answer.text)


def test_a_count_of_nonsense_is_a_sentence(app):
    answer = a_client(app, "staff").post(
        "/campaigns/_audience-count", {**FILLED, "other_conditions": '{"points": {"wow": 1}}'}, 200
    )
    assert "wow" in words(answer.text)


def test_the_pickers_offer_what_the_customers_have(app):
    some_customers(1, customer_tier="Gold", location="Mumbai", language="hi", tags=["vip"])
    some_customers(2, first=1, customer_tier="gold")
    page = a_client(app, "staff").get(f"/campaigns/{a_draft().id}/setup/people").text
    assert [text in page for text in ('value="gold"', 'value="Mumbai"', 'value="hi"', 'value="vip"')] == [
        True
    ] * 4
    assert 'value="Gold"' not in page, "spellings that differ in case only are one"


def test_after_the_launch_only_name_limits_and_times_can_be_changed(app):
    campaign = a_launched_campaign()
    client = a_client(app, "staff")
    page = client.get(f"/campaigns/{campaign.id}/edit").text
    assert 'name="template"' not in page and 'name="audience_mode"' not in page
    changed = {**FILLED, "daily_send_limit": "7", "scheduled_end_date": "2036-01-01T00:00"}
    client.post(f"/campaigns/{campaign.id}/edit", changed, 303)
    campaign = the_only_campaign()
    assert (campaign.daily_send_limit, campaign.priority, campaign.name) == (7, 3, "Diwali early access")
    assert campaign.target_audience == {"all": True}, "fields that the page does not show are not taken"


def test_a_wrong_limit_after_the_launch_is_said(app):
    campaign = a_launched_campaign()
    page = a_client(app, "staff").post(
        f"/campaigns/{campaign.id}/edit", {**FILLED, "daily_send_limit": "0"}, 422
    )
    assert "Enter a number from 1 to 1,000,000." in words(page.text)


def test_an_ended_campaign_cannot_be_edited(app):
    campaign = a_launched_campaign()
    cancel(campaign.id, "test", utc_now())
    page = a_client(app, "staff").get(f"/campaigns/{campaign.id}/edit", 409)
    assert "Clone it instead" in words(page.text)


def test_state_and_owner_are_never_taken_from_the_form(app):
    a_message_template()
    a_client(app, "staff").post(
        "/campaigns/new", {**FILLED, "status": "active", "created_by": "x", "messages_sent": "9"}, 303
    )
    campaign = the_only_campaign()
    assert (campaign.status, campaign.created_by, campaign.messages_sent) == ("draft", "staff@example.com", 0)


def test_a_draft_can_be_deleted_and_a_launched_campaign_cannot(app):
    draft = a_draft(name="Not this one")
    client = a_client(app, "staff")
    client.post(f"/campaigns/{draft.id}/delete", status=303)
    assert db.session.scalars(select(Campaign)).all() == []
    launched = a_launched_campaign()
    client.post(f"/campaigns/{launched.id}/delete", status=409)
    assert db.session.scalars(select(Recipient)).all()


def test_a_new_end_must_come_after_the_start(app):
    a_message_template()
    start = utc_now() + timedelta(days=5)
    times = {
        "scheduled_start_date": f"{start:%Y-%m-%dT%H:%M}",
        "scheduled_end_date": f"{start - timedelta(days=1):%Y-%m-%dT%H:%M}",
    }
    address = f"/campaigns/{a_draft().id}/setup/schedule"
    page = a_client(app, "staff").post(address, {**FILLED, **times}, 422)
    assert "The end must be after the start." in words(page.text)


def test_markup_in_what_is_typed_stays_text(app):
    a_message_template()
    client = a_client(app, "staff")
    name = '"><script>alert(1)</script>{{ 7*7 }}{% raw %}'
    client.post("/campaigns/new", {**FILLED, "name": name, "description": name}, 303)
    page = client.get(f"/campaigns/{the_only_campaign().id}").text
    assert "<script>alert" not in page and "{{ 7*7 }}" in page
