"""What time does: starts that were missed, ends that come, retries by themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.left_open import left_open
from campaign_app.services.lifecycle import resume
from campaign_app.services.number import change_number
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.status_updates import apply_statuses
from campaign_app.services.why_waiting import why_waiting
from campaign_app.whatsapp.errors import WebhookError
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    process,
    the_campaign,
)
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import AT, DELIVERED, FAILED, a_status

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator(webhook_url="", latency="0.005-0.01") as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    simulator.reset()
    app = an_app_on(simulator, database_url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def start_of(campaign_id, at) -> None:
    db.session.execute(update(Campaign).where(Campaign.id == campaign_id).values(scheduled_start_date=at))
    db.session.commit()


def test_a_start_missed_during_an_outage_asks_before_it_fires(app, simulator):
    customers(5, first=9_811_110_000)
    campaign = a_launched_campaign(scheduled_start_date=utc_now() + HOUR).id
    start_of(campaign, utc_now() - 2 * HOUR)
    change_number(last_run_at=utc_now() - 3 * HOUR)
    db.session.commit()
    process(app)

    assert simulator.log() == []
    assert why_waiting(the_campaign(campaign), utc_now()).reason == "overdue_start"

    resume(campaign, "staff", utc_now())
    db.session.commit()
    process(app)
    assert len(simulator.log()) == 5


def test_a_start_that_comes_while_the_app_runs_fires(app, simulator):
    customers(5, first=9_811_110_000)
    campaign = a_launched_campaign(scheduled_start_date=utc_now() + HOUR).id
    process(app)
    assert simulator.log() == []
    assert why_waiting(the_campaign(campaign), utc_now()).reason in ("not_started", "no_scheduler")

    start_of(campaign, utc_now() - timedelta(seconds=1))
    process(app)
    assert len(simulator.log()) == 5


def test_past_its_end_a_campaign_is_completed_and_says_how_many_did_not_get_it(app, simulator):
    customers(5, first=9_811_110_000)
    campaign = a_launched_campaign(scheduled_end_date=utc_now() + HOUR).id
    db.session.execute(update(Campaign).values(scheduled_end_date=utc_now() - timedelta(seconds=1)))
    db.session.commit()
    process(app)

    found = the_campaign(campaign)
    assert simulator.log() == []
    assert (found.status, found.messages_pending) == ("completed", 5)
    assert "5 people did not get it" in found.status_reason
    assert counters_are_true()


def failed_with(code: int):
    """One message of a completed campaign, accepted and then failed."""
    campaign = a_campaign(template_name="holiday_sale_template")
    (message,) = sent_out(campaign, 1)
    outcome = SendOutcome(SendKind.ACCEPTED, wamid=f"wamid.{message['id']}", message_status="accepted")
    settle([Result(message["id"], outcome, NOON)], NOON)
    failure = a_status(message, FAILED)
    apply_statuses(
        [type(failure)(**{**_fields(failure), "error": WebhookError(code, "Title", None, None)})], NOON
    )
    db.session.commit()
    return campaign, message


def planned_retries(campaign) -> int:
    return left_open(campaign, NOON).retries


def _fields(update_) -> dict:
    return {name: getattr(update_, name) for name in type(update_).__dataclass_fields__}


def test_a_customer_whom_whatsapp_held_back_is_tried_once_more_a_day_later(app, simulator):
    campaign, message = failed_with(131049)
    found = left_open(campaign, NOON)
    at = found.first_retry_at
    assert found.retries == 1 and timedelta(hours=24) <= at - AT[FAILED] <= timedelta(hours=26)

    process(app)  # long after: the test's noon is past
    assert len(simulator.log()) == 1
    assert sorted(db.session.scalars(select(Message.attempt))) == [1, 2]
    assert db.session.get(Recipient, message["recipient_id"]).retry_count == 1
    assert counters_are_true()


@pytest.mark.parametrize("code", [131026, 131050, 130472, 132015, 131042])
def test_what_cannot_succeed_is_not_tried_again(app, simulator, code):
    campaign, _ = failed_with(code)
    assert planned_retries(campaign) == 0
    process(app)
    assert simulator.log() == []


def test_what_arrived_after_all_is_not_tried_again(app):
    campaign, message = failed_with(131000)
    assert planned_retries(campaign) == 1
    apply_statuses([a_status(message, DELIVERED)], NOON + minutes(10))
    db.session.commit()

    assert planned_retries(campaign) == 0
