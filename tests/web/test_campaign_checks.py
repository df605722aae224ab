"""The page before a launch, the test to one's own number, and follow-ups."""

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.recount import mismatches
from tests.page_checks import a_client
from tests.pages_made import (
    WITH_VALUES,
    a_draft,
    a_launched_campaign,
    a_message_template,
    set_standing,
    some_customers,
    words,
)

OFFER = [
    {"type": "header", "parameters": [{"type": "text", "text": "you"}]},
    {"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}, {"type": "text", "text": "10%"}]},
    {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "x"}]},
]


def the_campaigns() -> dict[str, Campaign]:
    db.session.rollback()
    return {one.name: one for one in db.session.scalars(select(Campaign))}


def test_the_button_says_what_it_does_and_warnings_ask_first(app):
    a_message_template()
    some_customers(3)
    some_customers(1, first=3, opted_in=False)
    draft = a_draft(daily_send_limit=2)
    client = a_client(app, "staff")
    page = words(client.get(f"/campaigns/{draft.id}/launch").text)
    assert "Send to 3 people" in page and "Left out 1" in page and "Said no to marketing messages 1" in page
    assert "For 3 people no consent is recorded" in page and "2 days of sending" in page
    refused = client.post(f"/campaigns/{draft.id}/launch", {"ask": "1"}, status=303)
    assert refused.location == f"/campaigns/{draft.id}/launch"
    assert "tick that you have seen them" in client.get(refused.location).text
    client.post(f"/campaigns/{draft.id}/launch", {"ask": "1", "seen": "1"}, status=303)
    assert db.session.get(Campaign, draft.id).messages_pending == 3
    assert client.get(f"/campaigns/{draft.id}/launch", status=303).location == f"/campaigns/{draft.id}"


def test_without_warnings_nothing_is_asked(app):
    a_message_template()
    some_customers(2, opted_in=True)
    page = a_client(app, "staff").get(f"/campaigns/{a_draft().id}/launch").text
    assert "All clear" in page and 'id="seen"' not in page


def test_blockers_leave_no_button(app):
    a_message_template(components=WITH_VALUES)
    page = a_client(app, "staff").get(f"/campaigns/{a_draft().id}/launch").text
    assert "The header needs a text." in words(page) and "matches nobody" in words(page)
    assert "Send to" not in page


def test_the_message_is_shown_with_the_values_of_a_chosen_customer(app):
    a_message_template(components=WITH_VALUES)
    first, second = some_customers(1, name="Asha"), some_customers(1, first=1, name="Uma")
    draft = a_draft(template_components=OFFER)
    client = a_client(app, "staff")
    assert "Hello Uma, take 10% off." in words(client.get(f"/campaigns/{draft.id}/launch").text)
    people = {one.name: one.id for one in [*first, *second]}
    page = words(client.get(f"/campaigns/{draft.id}/launch?person={people['Asha']}").text)
    assert "Hello Asha, take 10% off." in page and "As Asha gets it" in page


def test_a_test_goes_to_one_number_as_a_real_campaign_and_the_draft_waits(app):
    a_message_template(components=WITH_VALUES)
    some_customers(2, name="Asha")
    draft = a_draft(template_components=OFFER)
    client = a_client(app, "staff")
    answer = client.post(f"/campaigns/{draft.id}/test-send", {"phone_number": "+919811111111"}, status=303)
    test = the_campaigns()[f"Test: {draft.name}"]
    assert answer.location == f"/campaigns/{test.id}" and test.status == "active"
    assert test.template_components[1]["parameters"][0]["text"] == "(name)"
    (person,) = db.session.scalars(select(Recipient).where(Recipient.campaign_id == test.id))
    assert (person.phone_number, person.status) == ("+919811111111", "pending")
    assert the_campaigns()[draft.name].status == "draft"
    assert mismatches() == []


def test_a_test_that_cannot_be_sent_leaves_nothing_behind(app):
    a_message_template(status="PAUSED")
    draft = a_draft()
    client = a_client(app, "staff")
    page = client.post(f"/campaigns/{draft.id}/test-send", {"phone_number": "12"}, status=422).text
    assert "too short" in page
    page = client.post(f"/campaigns/{draft.id}/test-send", {"phone_number": "+919811111111"}, status=422).text
    assert "cannot be sent" in words(page)
    assert list(the_campaigns()) == [draft.name]


def test_a_follow_up_is_for_those_who_failed_or_did_not_read(app):
    campaign = a_launched_campaign(people=4)
    set_standing(campaign, 1, "read")
    set_standing(campaign, 2, "delivered")
    set_standing(campaign, 3, "failed", code=131026)
    client = a_client(app, "staff")
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "those who did not read it" in page and "those who did not get it" in page
    for who, words_, people in (("failed", "did not get it", 1), ("unread", "did not read it", 1)):
        answer = client.post(f"/campaigns/{campaign.id}/clone", {"to": who}, status=303)
        follow_up = the_campaigns()[f"{campaign.name} ({words_})"]
        assert answer.location == f"/campaigns/{follow_up.id}/setup/message"
        shown = words(client.get(f"/campaigns/{follow_up.id}").text)
        assert f"{people} person matches" in shown and campaign.name in shown
    client.get(answer.location)


def test_recipients_who_are_no_customers_come_over_into_the_follow_up(app):
    campaign = a_launched_campaign(people=2)
    person = set_standing(campaign, 1, "failed", code=131026, template_parameters=["x"])
    person.customer_id = None
    db.session.execute(db.text("DELETE FROM customers"))
    db.session.commit()
    a_client(app, "staff").post(f"/campaigns/{campaign.id}/clone", {"to": "failed"}, status=303)
    follow_up = the_campaigns()[f"{campaign.name} (did not get it)"]
    (taken,) = db.session.scalars(select(Recipient).where(Recipient.campaign_id == follow_up.id))
    assert (taken.phone_number, taken.status, taken.template_parameters) == (
        person.phone_number,
        "pending",
        ["x"],
    )
    assert follow_up.messages_pending == 1 and mismatches() == []


def test_a_follow_up_of_a_draft_or_for_nobody_in_particular_is_refused(app):
    a_message_template()
    draft = a_draft()
    client = a_client(app, "staff")
    for who, sentence in (("failed", "nobody got it yet"), ("enemies", "Choose for whom")):
        answer = client.post(f"/campaigns/{draft.id}/clone", {"to": who}, status=303)
        assert sentence in client.get(answer.location).text


def test_viewers_neither_check_nor_test(app):
    a_message_template()
    draft = a_draft()
    client = a_client(app, "viewer")
    client.get(f"/campaigns/{draft.id}/launch", status=403)
    client.post(f"/campaigns/{draft.id}/test-send", {"phone_number": "+919811111111"}, status=403)
