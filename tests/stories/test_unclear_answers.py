"""Every way in which an answer can go wrong, and what the app makes of it: sent, refused, not sent, or not confirmed."""

import socket

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.webhook_inbox import store
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
from tests.server_process import free_port
from tests.simulator.webhook_sink import WebhookSink

NUMBER = 9_811_110_000

# The simulator's fate: whether WhatsApp took the message, and how the recipient stands after the answer.
MATRIX = {
    "ordinary": (True, "sent"),
    "held_then_delivered": (True, "sent"),
    "refused:131026": (False, "failed"),
    "refused:131000": (False, "waits to be tried again"),
    "refused:130429": (False, "waits to be tried again"),
    "refused:131016": (False, "waits to be tried again"),
    "answer_lost": (True, "not confirmed"),
    "connection_reset": (True, "not confirmed"),
    "cut_answer": (True, "not confirmed"),
    "slow_answer": (True, "not confirmed"),
    "never_answers": (True, "not confirmed"),
    "dripping_answer": (True, "not confirmed"),
    "accepted_then_html_500": (True, "not confirmed"),
    "truncated_json": (True, "not confirmed"),
    "answer_without_id": (True, "not confirmed"),
    "html_200": (True, "not confirmed"),
    "gzip_bomb": (True, "not confirmed"),
    "request_lost": (False, "not confirmed"),
    "html_500": (False, "not confirmed"),
    "empty_502": (False, "not confirmed"),
    "bare_429": (False, "not confirmed"),
    "redirect": (False, "not confirmed"),
}


@pytest.fixture
def sink():
    sink = WebhookSink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator(latency="0.005-0.01", slow_answer=3) as running:
        yield running


@pytest.fixture
def app(simulator, sink, database_url):
    simulator.reset()
    simulator.settings(webhook_url=sink.url)
    app = an_app_on(simulator, database_url, SEND_TIMEOUT_SECONDS="1")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def to_one_person():
    customers(1, first=NUMBER)
    return a_launched_campaign().id


def standing() -> str:
    """How the only recipient stands, in words."""
    db.session.expire_all()
    row = db.session.scalar(select(Recipient))
    if row.status == "queued":
        return "not confirmed" if row.unconfirmed_at is not None else "in limbo"
    if row.status == "pending":
        return "waits to be tried again" if row.next_try_at > utc_now() else "waits"
    return row.status


def let_time_pass() -> None:
    """Every wait is over: of the recipient, and of a number that gives no clear answers."""
    db.session.execute(update(Recipient).values(next_try_at=utc_now()))
    db.session.execute(update(SendingNumber).values(failing_since=None, next_probe_at=None))
    db.session.commit()


@pytest.mark.parametrize("fate", MATRIX)
def test_each_answer_has_its_outcome_and_an_unclear_one_is_never_sent_again(app, simulator, sink, fate):
    taken, expected = MATRIX[fate]
    simulator.settings(outage=fate)
    campaign = to_one_person()
    process(app)

    (post,) = simulator.log()
    assert (post["accepted_at"] is not None) == taken
    assert standing() == expected
    assert the_campaign(campaign).messages_unconfirmed == (expected == "not confirmed")
    assert counters_are_true()

    simulator.settings(outage="")
    let_time_pass()
    process(app)
    assert len(simulator.log()) == 1 + (expected == "waits to be tried again")
    assert simulator.counts()["numbers_accepted"] <= 1

    simulator.wait_until_told()
    for received in sink.received:
        store(received.raw, utc_now())
    db.session.commit()
    apply_all()
    settled = standing()
    if taken or expected == "waits to be tried again":
        assert settled in ("sent", "delivered", "read")
    else:
        assert settled == expected
    assert simulator.counts()["redirects_followed"] == 0
    assert counters_are_true()


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{closed}", "https://127.0.0.1:{plain}", "https://nowhere.invalid"],
    ids=["connection_refused", "no_tls", "no_such_name"],
)
def test_what_never_left_this_machine_waits_and_is_sent_later(simulator, sink, database_url, address):
    simulator.reset()
    simulator.settings(webhook_url=sink.url)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = address.format(closed=free_port(), plain=deaf.getsockname()[1])
        away = an_app_on(simulator, database_url, WHATSAPP_API_URL=url, SEND_TIMEOUT_SECONDS="1")
        with an_app_on(simulator, database_url).app_context():
            campaign = to_one_person()
            db.session.remove()
        with away.app_context():
            process(away)
            assert standing() == "waits to be tried again"
            assert the_campaign(campaign).messages_unconfirmed == 0
            assert counters_are_true()
            db.session.remove()
            db.engine.dispose()
    back = an_app_on(simulator, database_url)
    with back.app_context():
        let_time_pass()
        process(back)
        assert (len(simulator.log()), standing()) == (1, "sent")
        assert counters_are_true()
        db.session.remove()
        db.engine.dispose()
