"""What a refusal leads to: how long a recipient waits, and what follows when all tries are used up."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.number import change_number
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.whatsapp.errors import GraphError
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign, waiting

SECOND = timedelta(seconds=1)


@pytest.fixture
def campaign(app) -> Campaign:
    """One person who is to be sent to, and one whose time is far away."""
    change_number(messaging_limit=-1)
    campaign = a_campaign()
    waiting(campaign, 1)
    waiting(campaign, 1, at=NOON + timedelta(days=30), first=2)
    return campaign


def refused(campaign: Campaign, code: int, at=NOON) -> Recipient:
    """The next attempt to reach the first is made at `at`, and WhatsApp answers with `code`."""
    db.session.execute(update(Recipient).where(Recipient.position == 1).values(next_try_at=at))
    db.session.commit()
    (intent,) = claim(10, 1, AccountLimit(), at)
    db.session.commit()
    outcome = SendOutcome(
        SendKind.REFUSED, error=GraphError(code, "Title", "Message", None), http_status=400, detail="no"
    )
    settle([Result(intent.message_id, outcome, at)], at)
    db.session.commit()
    db.session.expire_all()
    return db.session.scalars(select(Recipient).where(Recipient.position == 1)).one()


def test_too_fast_for_one_person_waits_four_times_as_long_each_time_and_spends_nothing(campaign):
    waits = []
    for tries in range(5):
        at = NOON + timedelta(hours=tries)
        person = refused(campaign, 131056, at)
        waits.append((person.next_try_at - at) / SECOND)
    for power, wait in enumerate(waits):
        assert 4**power <= wait <= 1.25 * 4**power
    assert (person.status, person.retry_count) == ("pending", 0)
    assert counters_are_true()


def test_throttling_waits_a_few_seconds_however_often(campaign):
    for tries in range(4):
        at = NOON + timedelta(hours=tries)
        person = refused(campaign, 130429, at)
        assert 5 <= (person.next_try_at - at) / SECOND <= 10
    assert person.retry_count == 0


def test_whom_whatsapp_holds_back_waits_a_day_and_is_tried_once_more(campaign):
    person = refused(campaign, 131049)
    assert timedelta(hours=24) <= person.next_try_at - NOON <= timedelta(hours=25)
    assert refused(campaign, 131049, NOON + timedelta(hours=26)).status == "failed"
    assert counters_are_true()


def test_who_stopped_marketing_is_opted_out_at_once(campaign):
    person = refused(campaign, 131050)
    assert person.status == "failed"
    assert db.session.scalars(select(OptOut.kind)).all() == ["meta"]


@pytest.mark.parametrize(("code", "status"), [(1, "paused"), (134101, "paused"), (131000, "active")])
def test_when_the_tries_are_used_up_our_own_mistakes_pause_the_campaign(campaign, code, status):
    for tries in range(4):
        person = refused(campaign, code, NOON + timedelta(hours=2 * tries))
        assert person.status == ("pending" if tries < 3 else "failed")
    assert db.session.get(Campaign, campaign.id).status == status
    if status == "paused":
        assert str(code) in db.session.get(Campaign, campaign.id).status_reason
    assert len(db.session.scalars(select(Message.id)).all()) == 4
    assert counters_are_true()
