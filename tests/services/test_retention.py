"""Recipients of campaigns that ended long ago are forgotten; every figure stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services import retention
from campaign_app.services.recount import mismatches, repair
from campaign_app.services.retention import forget_old_recipients
from tests.databases import an_app
from tests.makers import a_campaign, sent_out

NOW = utc_now()
DAY = timedelta(days=1)


def an_old_campaign(days: int, status: str = "completed", people: int = 3) -> Campaign:
    campaign = a_campaign(status="active")
    sent_out(campaign, people)
    campaign.status, campaign.completed_at = status, NOW - days * DAY
    db.session.commit()
    return campaign


def numbers(campaign: Campaign) -> list[str]:
    found = select(Recipient.phone_number).where(Recipient.campaign_id == campaign.id)
    return list(db.session.scalars(found))


def is_forgotten(campaign: Campaign) -> bool:
    db.session.expire_all()
    return all(number.startswith(retention.FORGOTTEN) for number in numbers(campaign))


@pytest.mark.parametrize(
    ("days", "status", "goes"),
    [
        (397, "completed", True),
        (397, "cancelled", True),
        (395, "completed", False),
        (397, "active", False),
        (397, "paused", False),
    ],
)
def test_only_what_ended_before_the_time_is_forgotten(app, days, status, goes):
    campaign = an_old_campaign(days, status)
    assert forget_old_recipients(NOW) == (3 if goes else 0)
    assert is_forgotten(campaign) == goes


def test_number_name_and_message_id_go_and_the_figures_stay(app):
    campaign = an_old_campaign(400)
    repair()
    for person in db.session.scalars(select(Recipient)):
        person.name, person.personal_values, person.template_parameters = "Ana", {"name": "Ana"}, ["Ana"]
    db.session.commit()
    before = {
        name: getattr(campaign, name)
        for name in ("total_target_customers", "messages_sent", "messages_unconfirmed")
    }
    forget_old_recipients(NOW)
    db.session.expire_all()
    for person in db.session.scalars(select(Recipient)):
        assert (person.name, person.personal_values, person.template_parameters, person.customer_id) == (
            None,
        ) * 4
    pseudonyms = set(db.session.scalars(select(Message.phone_number)))
    assert pseudonyms == set(numbers(campaign)) and len(pseudonyms) == 3
    assert {name: getattr(campaign, name) for name in before} == before
    assert mismatches() == []


def test_many_people_go_in_short_transactions_and_the_rest_in_the_next_run(app, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 4)
    campaigns = [an_old_campaign(400 + days) for days in range(2)]
    assert [forget_old_recipients(NOW) for _ in range(3)] == [5, 1, 0]
    assert all(map(is_forgotten, campaigns))
    assert db.session.scalars(select(Campaign.people_forgotten_at)).all() == [NOW, NOW]


def test_with_zero_nobody_is_forgotten(database_url):
    app = an_app(database_url, MESSAGE_RETENTION_DAYS="0")
    with app.app_context():
        campaign = an_old_campaign(4000)
        assert forget_old_recipients(NOW) == 0 and not is_forgotten(campaign)
        db.session.remove()
        db.engine.dispose()
