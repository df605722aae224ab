"""What each kind of error does: to the recipient, the campaign, the number. The simulator's numbers choose the error."""

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.message import Message
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.services.failures import failure_table
from campaign_app.services.lifecycle import resume
from campaign_app.services.number import resume_number, sending_number
from campaign_app.services.retries import retry_failed
from campaign_app.services.webhook_inbox import store
from campaign_app.services.why_waiting import why_waiting
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    apply_all,
    counters_are_true,
    customers,
    process,
    the_campaign,
)
from tests.simulator.webhook_sink import WebhookSink


@pytest.fixture
def sink():
    sink = WebhookSink()
    yield sink
    sink.close()


@pytest.fixture
def simulator(sink):
    with RunningSimulator(webhook_url=sink.url, latency="0.005-0.01", slow_answer=5) as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    app = an_app_on(simulator, database_url, SEND_TIMEOUT_SECONDS="2")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def to_numbers(*numbers: str, **fields):
    """A campaign to these numbers, launched."""
    db.session.add_all(Customer(phone_number=number, name="Asha") for number in numbers)
    db.session.commit()
    return a_launched_campaign(**fields).id


def take_webhooks(simulator, sink) -> None:
    simulator.wait_until_told()
    for received in sink.received:
        store(received.raw, utc_now())
    db.session.commit()
    apply_all()


def recipients() -> list[Recipient]:
    db.session.expire_all()
    return list(db.session.scalars(select(Recipient).order_by(Recipient.position)))


@pytest.mark.parametrize("code", [131026, 131049, 130472, 131047])
def test_a_recipients_own_error_fails_that_recipient_alone(app, simulator, sink, code):
    campaign = to_numbers(f"+919778{code}", "+919811110001")
    process(app)
    # the number's last eight digits are 78 and the code: accepted, then failed
    take_webhooks(simulator, sink)

    by_code = {row.failure_code: row for row in recipients()}
    assert by_code[code].status == "failed"
    assert by_code[None].status in ("sent", "delivered", "read")
    (row,) = failure_table(campaign)
    assert (row.code, row.failures, row.share) == (code, 1, 100.0)
    assert counters_are_true()


def test_whoever_stopped_marketing_in_whatsapp_is_opted_out(app, simulator, sink):
    to_numbers("+919778131050")
    process(app)
    take_webhooks(simulator, sink)

    assert [(row.phone_number, row.kind) for row in db.session.scalars(select(OptOut))] == [
        ("+919778131050", "meta")
    ]


@pytest.mark.parametrize("code", [190, 368, 131042, 131031])
def test_an_account_error_stops_every_campaign_and_fails_nobody(app, simulator, code):
    customers(60, first=9_811_110_000)
    simulator.settings(outage=f"refused:{code}")
    campaign = a_launched_campaign().id
    process(app)

    assert len(simulator.log()) <= 1 + app.config["SETTINGS"].send_concurrency
    assert {row.status for row in recipients()} == {"pending"}
    waiting = why_waiting(the_campaign(campaign), utc_now())
    assert waiting.reason == "number_stopped" and str(code) in waiting.message

    simulator.settings(outage="")
    resume_number("test", utc_now())
    db.session.commit()
    process(app)
    assert the_campaign(campaign).messages_pending == 0
    assert counters_are_true()


@pytest.mark.parametrize("code", [132015, 132001, 132000, 100])
def test_a_template_error_pauses_that_campaign_with_the_reason_and_fails_nobody(app, simulator, code):
    customers(60, first=9_811_110_000)
    simulator.settings(outage=f"refused:{code}")
    campaign = a_launched_campaign().id
    process(app)

    found = the_campaign(campaign)
    assert found.status == "paused"
    assert str(code) in found.status_reason
    assert found.messages_failed == 0
    assert found.messages_pending == 60

    simulator.settings(outage="")
    db.session.execute(update(Recipient).values(next_try_at=utc_now()))
    resume(campaign, "test", utc_now())
    db.session.commit()
    process(app)
    assert the_campaign(campaign).messages_sent == 60
    assert counters_are_true()


@pytest.mark.parametrize("code", [130429, 80007, 4, 131056])
def test_throttling_spends_nothing_and_ends_sent(app, simulator, code):
    simulator.settings(retry_after=1)
    campaign = to_numbers(*(f"+9198{prefix}79{code:06d}" for prefix in (11, 12, 13)))
    process(app)
    waiting = recipients()
    assert {row.status for row in waiting} == {"pending"}
    assert {row.retry_count for row in waiting} == {0}

    db.session.execute(update(Recipient).values(next_try_at=utc_now()))
    db.session.commit()
    process(app)

    assert the_campaign(campaign).messages_sent == 3
    assert the_campaign(campaign).messages_failed == 0
    assert counters_are_true()


UNCLEAR = {
    "answer_lost": "9550",
    "connection_reset": "9575",
    "cut_answer": "9580",
    "slow_answer": "9585",
    "accepted_then_html_500": "9590",
    "truncated_json": "9600",
    "answer_without_id": "9605",
    "html_200": "9610",
    "never_answers": "9632",
    "dripping_answer": "9633",
    "gzip_bomb": "9634",
}


def test_an_unclear_answer_is_never_sent_again_and_its_webhook_settles_it(app, simulator, sink):
    numbers = [f"+91981234{ending}" for ending in UNCLEAR.values()]
    campaign = to_numbers(*numbers)
    for _ in range(3):  # the breaker lets one a minute through: each run here plays another minute
        process(app)
        db.session.execute(update(type(sending_number())).values(failing_since=None, next_probe_at=None))
        db.session.commit()
    assert the_campaign(campaign).messages_unconfirmed == len(numbers)

    take_webhooks(simulator, sink)
    process(app)

    posts = [post["to"] for post in simulator.log()]
    assert sorted(posts) == sorted(numbers)
    assert the_campaign(campaign).messages_unconfirmed == 0
    assert the_campaign(campaign).messages_sent == len(numbers)
    assert counters_are_true()


def test_an_outage_breaks_off_after_a_few_unclear_answers(app, simulator):
    customers(200, first=9_811_110_000)
    simulator.settings(outage="html_500")
    campaign = a_launched_campaign().id
    process(app)

    unclear = the_campaign(campaign).messages_unconfirmed
    assert 5 <= unclear <= 5 + app.config["SETTINGS"].send_concurrency
    assert len(simulator.log()) == unclear
    assert sending_number().failing_since is not None
    assert counters_are_true()


def test_retry_failed_really_sends_again_to_those_whose_code_can_succeed(app, simulator, sink):
    campaign = to_numbers("+919778131026", "+919778131049", "+919811110001")
    process(app)
    take_webhooks(simulator, sink)
    assert the_campaign(campaign).messages_failed == 2

    retried = retry_failed(campaign, "test", utc_now())
    db.session.commit()
    assert retried.requeued == 1
    assert [(left.code, left.failures) for left in retried.left] == [(131026, 1)]
    assert the_campaign(campaign).status == "active"
    assert counters_are_true()

    db.session.execute(update(Recipient).values(next_try_at=utc_now()))
    db.session.commit()
    process(app)
    assert [post["to"] for post in simulator.log()].count("+919778131049") == 2
    assert sorted(db.session.scalars(select(Message.attempt))) == [1, 1, 1, 2]
    assert counters_are_true()
