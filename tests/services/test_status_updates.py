"""Statuses in any order, number and mixture end in the same rows and counters."""

import random
from itertools import combinations_with_replacement, permutations

import pytest
from sqlalchemy import select

from campaign_app.domain.message_status import MessageStatus
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WaitingStatus
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.status_updates import apply_statuses, apply_waited
from campaign_app.whatsapp.errors import WebhookError
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from campaign_app.whatsapp.webhook_elements import StatusUpdate
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign, minutes, sent_out

SENT, DELIVERED, READ, FAILED = (MessageStatus(name) for name in ("sent", "delivered", "read", "failed"))
AT = {
    SENT: NOON + minutes(1),
    DELIVERED: NOON + minutes(2),
    READ: NOON + minutes(3),
    FAILED: NOON + minutes(4),
}
UNDELIVERABLE = WebhookError(131026, "Message undeliverable", None, None)


def a_status(
    message: dict, status: MessageStatus, wamid: str | None = None, by_callback: bool = True
) -> StatusUpdate:
    return StatusUpdate(
        wamid=wamid or f"wamid.{message['id']}",
        status=status,
        at=AT[status],
        callback_id=str(message["id"]) if by_callback else None,
        recipient_id=None,
        error=UNDELIVERABLE if status is FAILED else None,
        pricing_category="marketing",
        pricing_type="regular",
        phone_number_id=None,
    )


def accepted(message: dict) -> Result:
    outcome = SendOutcome(
        SendKind.ACCEPTED, wamid=f"wamid.{message['id']}", message_status="accepted", http_status=200
    )
    return Result(message["id"], outcome, NOON + minutes(0.5))


def orders_of_up_to_five() -> list[tuple[MessageStatus, ...]]:
    """Every order of every multiset of up to five of the four statuses."""
    statuses = (SENT, DELIVERED, READ, FAILED)
    found = {
        order
        for size in range(1, 6)
        for chosen in combinations_with_replacement(statuses, size)
        for order in permutations(chosen)
    }
    return sorted(found)


def expected(seen: set[MessageStatus], answered: bool) -> tuple:
    """status, sent_at, delivered_at, read_at, failed_at, written without looking at the code."""
    times = [AT[status] for status in seen] + ([NOON + minutes(0.5)] if answered else [])
    delivered = [AT[status] for status in seen & {DELIVERED, READ}]
    status = next((word for word in (FAILED, READ, DELIVERED) if word in seen), SENT)
    return (
        status.value,
        min(times),
        min(delivered) if delivered else None,
        AT[READ] if READ in seen else None,
        AT[FAILED] if FAILED in seen else None,
    )


def standing(row) -> tuple:
    return row.status, row.sent_at, row.delivered_at, row.read_at, row.failed_at


def test_every_order_and_repetition_ends_the_same(app):
    orders = orders_of_up_to_five()
    assert len(orders) == 1364
    messages = sent_out(a_campaign(), len(orders))
    for turn in range(5):
        updates = [
            a_status(message, order[turn])
            for message, order in zip(messages, orders, strict=True)
            if turn < len(order)
        ]
        apply_statuses(updates, NOON)
        db.session.commit()

    rows = {row.id: row for row in db.session.scalars(select(Recipient))}
    for message, order in zip(messages, orders, strict=True):
        assert standing(rows[message["recipient_id"]]) == expected(set(order), answered=False), order
    db.session.expunge_all()
    assert counters_are_true()


@pytest.mark.parametrize("seed", range(6))
def test_any_mixture_of_answers_statuses_and_batches_ends_the_same(app, seed):
    chance = random.Random(seed)
    messages = sent_out(a_campaign(), 60)
    seen: dict = {}
    steps = []
    for message in messages:
        statuses = [chance.choice((SENT, DELIVERED, READ, FAILED)) for _ in range(chance.randrange(5))]
        answered = chance.random() < 0.9
        seen[message["id"]] = (set(statuses), answered)
        steps += [
            a_status(message, status, by_callback=chance.random() < 0.8 or not answered)
            for status in statuses
        ]
        steps += [accepted(message)] * (chance.randrange(1, 3) if answered else 0)
    chance.shuffle(steps)
    while steps:
        size = chance.randrange(1, 40)
        part, steps = steps[:size], steps[size:]
        settle([step for step in part if isinstance(step, Result)], NOON)
        apply_statuses([step for step in part if isinstance(step, StatusUpdate)], NOON)
        db.session.commit()
    apply_waited(db.session.scalars(select(WaitingStatus.id)).all(), NOON)
    db.session.commit()

    messages_now = {row.id: row for row in db.session.scalars(select(Message))}
    recipients = {row.message_id: row for row in db.session.scalars(select(Recipient))}
    for id_, (statuses, answered) in seen.items():
        wanted = expected(statuses, answered) if statuses or answered else ("queued", None, None, None, None)
        assert standing(messages_now[id_]) == standing(recipients[id_]) == wanted
    db.session.expunge_all()
    assert counters_are_true()


def test_a_status_that_comes_before_its_message_is_known_waits_for_it(app):
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, READ, by_callback=False)], NOON)
    db.session.commit()
    assert db.session.get(Message, message["id"]).status == "queued"

    settle([accepted(message)], NOON)
    apply_waited(db.session.scalars(select(WaitingStatus.id)).all(), NOON)
    db.session.commit()

    assert db.session.get(Message, message["id"]).status == "read"
    db.session.expunge_all()
    assert counters_are_true()


def test_an_old_attempts_late_status_moves_only_its_own_row(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    refused = SendOutcome(SendKind.NOT_SENT, detail="no connection")
    settle([Result(message["id"], refused, NOON)], NOON)
    db.session.commit()
    apply_statuses([a_status(message, DELIVERED)], NOON)
    db.session.commit()

    assert db.session.get(Recipient, message["recipient_id"]).status == "pending"
    assert db.session.get(Message, message["id"]).delivered_at == AT[DELIVERED]
    db.session.expunge_all()
    assert counters_are_true()


def test_the_failure_reason_has_the_known_form_and_both_facts_stay(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    apply_statuses([a_status(message, DELIVERED), a_status(message, FAILED)], NOON)
    db.session.commit()

    recipient = db.session.get(Recipient, message["recipient_id"])
    assert (recipient.status, recipient.failure_code) == ("failed", 131026)
    assert recipient.failure_reason == "Error 131026: Message undeliverable"
    assert recipient.delivered_at == AT[DELIVERED]
    db.session.refresh(campaign)
    assert (campaign.messages_sent, campaign.messages_delivered, campaign.messages_failed) == (1, 1, 1)
