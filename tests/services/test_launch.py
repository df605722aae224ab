"""Launching: the audience, the message and the plan are frozen, each number once, or nothing happens at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, NotFound, Refused
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.launch import launch
from campaign_app.services.number import change_number, sending_number
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.services.recipients import add_recipients
from campaign_app.services.recount import mismatches
from campaign_app.services.send_schedule import schedule_days
from tests.customers_made import a_customer, a_number
from tests.makers import NOON, a_campaign

HELLO = [{"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]}]


def a_template(text: str = "Hi {{1}}", **fields) -> MessageTemplate:
    values = {
        "name": "spring_offer",
        "language": "en_US",
        "status": "APPROVED",
        "components": [{"type": "BODY", "text": text}],
    }
    template = MessageTemplate(**{**values, **fields})
    db.session.add(template)
    change_number(templates_synced_at=NOON)
    db.session.commit()
    return template


def a_draft(**fields) -> Campaign:
    return a_campaign(
        **{"status": "draft", "target_audience": {"all": True}, "template_components": HELLO, **fields}
    )


def launched(campaign: Campaign) -> Campaign:
    launch(campaign.id, "ana@example.com", NOON)
    db.session.commit()
    assert mismatches() == []
    return campaign


def recipients() -> dict[str, Recipient]:
    db.session.expire_all()
    return {
        row.phone_number: row
        for row in db.session.scalars(select(Recipient).order_by(Recipient.phone_number))
    }


def reasons() -> dict[str, str | None]:
    return {number: row.skipped_reason for number, row in recipients().items()}


def payloads() -> dict[str, dict]:
    """What would be POSTed, by number."""
    intents = claim(1000, 1, AccountLimit(), NOON)
    db.session.commit()
    return {intent.payload["to"]: intent.payload for intent in intents}


def stays_a_draft(campaign: Campaign, word: str) -> None:
    with pytest.raises(Conflict) as refusal:
        launch(campaign.id, "test", NOON)
    db.session.rollback()
    assert word in refusal.value.sentence
    assert db.session.get(Campaign, campaign.id).status == "draft"
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0
    assert mismatches() == []


def test_everybody_of_the_filter_becomes_a_recipient(app):
    a_template()
    for place, tier in enumerate(("gold", "Gold", "silver", None), 1):
        a_customer(place, name=f"C{place}", customer_tier=tier)
    campaign = launched(a_draft(target_audience={"customer_tier": "gold"}))

    assert list(reasons()) == [a_number(1), a_number(2)]
    assert (campaign.status, campaign.launched_at, campaign.started_at) == ("active", NOON, None)
    assert (campaign.total_target_customers, campaign.messages_pending) == (2, 2)
    assert [batch.batch_size for batch in schedule_days(campaign)] == [2]
    assert sending_number().run_requested_at == NOON
    assert db.session.scalars(select(AuditEntry.details)).all() == [{"recipients": 2}]


def test_ids_and_places_of_a_big_audience_are_all_different(app):
    a_template("Hello")
    db.session.add_all([Customer(phone_number=f"+9196{place:08}") for place in range(3000)])
    campaign = launched(a_draft(template_components=None))

    rows = db.session.execute(select(Recipient.id, Recipient.position).order_by(Recipient.position)).all()
    assert len({row.id for row in rows}) == campaign.total_target_customers == 3000
    assert [row.position for row in rows] == list(range(1, 3001))
    assert {row.id.version for row in rows} == {7}
    assert [row.id for row in rows] == sorted(row.id for row in rows)  # at the end of the index


def test_who_was_added_and_is_in_the_filter_too_gets_it_once_with_the_added_values(app):
    a_template()
    a_customer(1, name="Ana")
    a_customer(2, name="Bo")
    campaign = a_draft()
    rows = [
        {"phone_number": a_number(2), "template_parameters": ["Special"]},
        {"phone_number": a_number(3), "template_parameters": ["New"]},
    ]
    add_recipients(campaign, rows, NOON)
    launched(campaign)

    assert set(reasons()) == {a_number(place) for place in (1, 2, 3)}
    assert campaign.total_target_customers == 3
    said = {
        to: payload["template"]["components"][0]["parameters"][0]["text"]
        for to, payload in payloads().items()
    }
    assert said == {a_number(1): "Ana", a_number(2): "Special", a_number(3): "New"}
    assert recipients()[a_number(2)].customer_id is not None and recipients()[a_number(3)].customer_id is None


def test_who_must_not_be_written_to_is_skipped_with_the_reason(app):
    a_template()
    a_customer(1, name="Ana")
    a_customer(2, name="Bo", opted_in=False)
    for place, kind in ((3, "meta"), (4, "word"), (5, "ours")):
        a_customer(place, name="C")
        record_opt_out(a_number(place), kind, None, "test", NOON)
    record_opt_out(a_number(6), "word", None, "test", NOON)
    campaign = a_draft()
    add_recipients(
        campaign, [{"phone_number": a_number(place), "template_parameters": ["x"]} for place in (5, 6)], NOON
    )
    launched(campaign)

    found = reasons()
    assert [number for number, reason in found.items() if reason is None] == [a_number(1)]
    assert len({found[a_number(place)] for place in (2, 3, 4, 5)}) == 4
    assert found[a_number(6)] == found[a_number(4)]
    assert (campaign.total_target_customers, campaign.recipients_skipped) == (1, 5)
    assert set(payloads()) == {a_number(1)}


def test_where_consent_is_required_it_must_be_recorded(app):
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = type(settings)(**{**settings.__dict__, "require_opt_in": True})
    a_template()
    for place, answer in enumerate((True, None, False), 1):
        a_customer(place, name="C", opted_in=answer)
    campaign = a_draft()
    add_recipients(campaign, [{"phone_number": a_number(9), "template_parameters": ["x"]}], NOON)
    launched(campaign)
    assert [number for number, reason in reasons().items() if reason is None] == [a_number(1)]


def test_who_lacks_a_value_that_the_message_needs_is_skipped_with_the_reason(app):
    a_template("Hi {{1}} from {{2}}")
    texts = [
        {"type": "text", "text": "{{name}}"},
        {"type": "text", "text": '{{Lieblings-Café|somewhere}} {{town "x"}}'},
    ]
    full = {'town "x"': "Pune"}
    a_customer(1, name="Ana", attributes={**full, "Lieblings-Café": "Roma"})
    a_customer(2, name="Bo", attributes=full)
    a_customer(3, name=None, attributes=full)
    a_customer(4, name="  ", attributes=full)
    a_customer(5, name="Cy", attributes={})
    a_customer(6, name="Di", attributes={'town "x"': " "})
    campaign = launched(a_draft(template_components=[{"type": "body", "parameters": texts}]))

    found = reasons()
    assert [number for number, reason in found.items() if reason is None] == [a_number(1), a_number(2)]
    assert "“name”" in found[a_number(3)] and "“name”" in found[a_number(4)]
    assert "town" in found[a_number(5)] and "town" in found[a_number(6)]
    said = {
        to: payload["template"]["components"][0]["parameters"][1]["text"]
        for to, payload in payloads().items()
    }
    assert said == {a_number(1): "Roma Pune", a_number(2): "somewhere Pune"}
    assert campaign.recipients_skipped == 4


def test_an_added_number_of_nobody_we_know_lacks_every_value(app):
    a_template()
    a_customer(1, name="Ana")
    campaign = a_draft(target_audience=None)
    add_recipients(campaign, [{"phone_number": a_number(1)}, {"phone_number": a_number(2)}], NOON)
    launched(campaign)
    assert (reasons()[a_number(1)], "“name”" in reasons()[a_number(2)]) == (None, True)


def test_added_values_that_no_longer_fit_are_skipped_with_the_reason(app):
    template = a_template()
    campaign = a_draft(target_audience=None, template_components=None)
    add_recipients(
        campaign, [{"phone_number": a_number(place), "template_parameters": ["x"]} for place in (1, 2)], NOON
    )
    add_recipients(campaign, [{"phone_number": a_number(3), "template_parameters": ["x"]}], NOON)
    template.components = [{"type": "BODY", "text": "Hi {{1}} and {{2}}"}]
    db.session.execute(
        update(Recipient).where(Recipient.phone_number == a_number(3)).values(template_parameters=["x", "y"])
    )
    db.session.commit()
    launched(campaign)
    assert [number for number, reason in reasons().items() if reason is None] == [a_number(3)]
    assert "2 values" in reasons()[a_number(1)]


def test_the_values_are_those_of_the_launch(app):
    template = a_template()
    customer = a_customer(1, name="Ana")
    other = a_customer(2, name="Bo")
    campaign = launched(a_draft())
    customer.name = "Somebody else"
    template.components = [{"type": "BODY", "text": "{{1}} {{2}} {{3}}"}]
    db.session.delete(other)
    db.session.commit()

    assert campaign.template_snapshot["components"] == [{"type": "BODY", "text": "Hi {{1}}"}]
    said = {
        to: payload["template"]["components"][0]["parameters"][0]["text"]
        for to, payload in payloads().items()
    }
    assert said == {a_number(1): "Ana", a_number(2): "Bo"}


def test_customers_who_come_later_do_not_get_it(app):
    a_template()
    a_customer(1, name="Ana")
    launched(a_draft())
    a_customer(2, name="Bo")
    db.session.commit()
    assert set(payloads()) == {a_number(1)}


@pytest.mark.parametrize("audience", [None, {}, {"customer_tier": "gold"}])
def test_launching_nobody_is_refused(app, audience):
    a_template()
    a_customer(1, name="Ana", customer_tier="silver")
    db.session.commit()
    stays_a_draft(a_draft(target_audience=audience), "audience is empty")


def test_launching_people_who_must_all_be_left_out_says_why(app):
    a_template()
    a_customer(1, name="Ana", opted_in=False)
    a_customer(2)
    db.session.commit()
    stays_a_draft(a_draft(), "all 2 people")


def test_a_message_template_that_does_not_exist_is_refused(app):
    a_template(language="de")
    a_customer(1, name="Ana")
    db.session.commit()
    stays_a_draft(a_draft(), "It exists in de")
    stays_a_draft(a_draft(template_name="nothing"), "nothing")


@pytest.mark.parametrize(
    "status", ["PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "SOMETHING_NEW"]
)
def test_a_message_template_that_is_not_approved_is_refused(app, status):
    a_template(status=status)
    a_customer(1, name="Ana")
    db.session.commit()
    stays_a_draft(a_draft(), "cannot be sent")


def test_a_message_that_is_not_complete_is_refused(app):
    a_template("Hi {{1}} and {{2}}")
    a_customer(1, name="Ana")
    db.session.commit()
    stays_a_draft(a_draft(), "not complete")


def test_a_campaign_whose_end_has_passed_is_refused(app):
    a_template()
    a_customer(1, name="Ana")
    db.session.commit()
    stays_a_draft(a_draft(scheduled_end_date=NOON - timedelta(seconds=1)), "end is already past")


@pytest.mark.parametrize("status", ["active", "paused", "completed", "cancelled"])
def test_only_a_draft_can_be_launched(app, status):
    campaign = a_draft(status=status)
    with pytest.raises(Conflict):
        launch(campaign.id, "test", NOON)


def test_what_does_not_exist_cannot_be_launched(app):
    with pytest.raises(NotFound):
        launch(new_id(), "test", NOON)


def test_twenty_clicks_at_once_are_one_launch(app):
    a_template()
    for place in range(1, 31):
        a_customer(place, name="C")
    campaign_id = a_draft().id
    db.session.commit()
    barrier = Barrier(20)

    def click(_) -> bool:
        with app.app_context():
            barrier.wait()
            try:
                launch(campaign_id, "test", utc_now())
                db.session.commit()
                return True
            except Refused:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(click, range(20))) == 1
    assert len(recipients()) == db.session.get(Campaign, campaign_id).total_target_customers == 30
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 1
    assert mismatches() == []
