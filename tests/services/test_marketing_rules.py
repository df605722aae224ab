"""At most so many marketing messages a person, and none to the United States: at launch, and again at the claim."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.claims import claim
from campaign_app.services.launch import launch
from campaign_app.services.marketing_rules import US_NUMBER
from campaign_app.services.recipients import add_recipients
from campaign_app.services.recount import mismatches
from tests.customers_made import a_customer, a_number
from tests.databases import an_app
from tests.pages_made import a_message_template

AMERICAN, CANADIAN = "+12125550123", "+14165550123"


@pytest.fixture
def app(database_url):
    """At most two marketing messages in three days."""
    app = an_app(
        database_url, MARKETING_CAP_MESSAGES="2", MARKETING_CAP_DAYS="3", MESSAGING_LIMIT="unlimited"
    )
    with app.app_context():
        a_message_template("sale")
        a_message_template("receipt", category="UTILITY")
        yield app
        db.session.remove()
        db.engine.dispose()


def launched(template: str = "sale", **fields):
    values = {"name": "Spring", "template_name": template, "target_audience": {"all": True}, **fields}
    campaign = create_campaign(values, "test", utc_now())
    db.session.commit()
    launch(campaign.id, "test", utc_now())
    db.session.commit()
    return campaign


def claimed() -> list:
    intents = claim(100, 1, AccountLimit(), utc_now())
    db.session.commit()
    return intents


def people_of(campaign) -> dict[str, tuple[str, str | None]]:
    db.session.rollback()
    mine = select(Recipient).where(Recipient.campaign_id == campaign.id)
    return {one.phone_number: (one.status, one.skipped_reason) for one in db.session.scalars(mine)}


def test_whoever_got_as_many_as_the_cap_allows_is_skipped_at_launch_with_the_reason(app):
    a_customer(1)
    for _ in range(2):
        launched()
        assert len(claimed()) == 1
    a_customer(2)
    third = launched()
    assert people_of(third) == {
        a_number(1): ("skipped", "Got 2 marketing messages in the last 3 days already"),
        a_number(2): ("pending", None),
    }
    assert mismatches() == []


def test_what_another_campaign_sent_after_the_launch_counts_at_the_claim(app):
    a_customer(1)
    campaigns = [launched(priority=priority) for priority in (1, 2, 3)]
    assert [intent.campaign_id for intent in claimed()] == [campaigns[0].id, campaigns[1].id]
    assert people_of(campaigns[2])[a_number(1)] == (
        "skipped",
        "Got 2 marketing messages in the last 3 days already",
    )
    assert mismatches() == []


def test_older_failed_and_other_messages_do_not_count(app):
    a_customer(1)
    launched("receipt")
    old, failed = launched(), launched()
    assert len(claimed()) == 3
    messages = {one.campaign_id: one for one in db.session.scalars(select(Message))}
    messages[old.id].authorised_at = utc_now() - timedelta(days=4)
    messages[failed.id].status = "failed"
    db.session.commit()
    assert people_of(launched())[a_number(1)] == ("pending", None)
    assert len(claimed()) == 1


def test_a_message_that_is_no_marketing_goes_out_all_the_same(app):
    a_customer(1)
    a_customer(2, phone_number=AMERICAN)
    for _ in range(2):
        launched(target_audience={"phone_number": a_number(1)})
        claimed()
    receipt = launched("receipt")
    assert {status for status, _ in people_of(receipt).values()} == {"pending"}
    assert len(claimed()) == 2


def test_numbers_of_the_united_states_are_left_out_of_marketing_and_canada_is_not(app):
    a_customer(1, phone_number=AMERICAN)
    a_customer(2, phone_number=CANADIAN)
    campaign = launched()
    assert people_of(campaign) == {AMERICAN: ("skipped", US_NUMBER), CANADIAN: ("pending", None)}
    by_number = create_campaign({"name": "By number", "template_name": "sale"}, "test", utc_now())
    add_recipients(by_number, [{"phone_number": AMERICAN}], utc_now())
    db.session.commit()
    with pytest.raises(Conflict, match="United States"):
        launch(by_number.id, "test", utc_now())


def test_both_rules_can_be_switched_off(database_url):
    app = an_app(database_url, US_MARKETING="1", MESSAGING_LIMIT="unlimited")
    with app.app_context():
        a_message_template("sale")
        a_customer(1, phone_number=AMERICAN)
        for _ in range(3):
            launched()
            assert len(claimed()) == 1
        db.session.remove()
        db.engine.dispose()
