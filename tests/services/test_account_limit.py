"""The account's limit of unique customers in a moving 24 hours."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import (
    MOVING_DAY,
    AccountLimit,
    account_spent,
    customers_since,
    reached_since,
)
from campaign_app.services.number import change_number, sending_number
from tests.makers import NOON, a_campaign, minutes, sent_out

DAY = timedelta(hours=24)


def the_limit_is(app, limit) -> AccountLimit:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=limit)
    return AccountLimit()


def numbers(messages: list[dict]) -> list[str]:
    return [message["phone_number"] for message in messages]


NEW = ["+919900000001", "+919900000002", "+919900000003"]


def test_only_new_customers_cost_something(app):
    reached = numbers(sent_out(a_campaign(), 3))
    limit = the_limit_is(app, 5)
    limit.open(NOON)

    assert limit.admit([reached[0], NEW[0], reached[1], NEW[0], NEW[1], NEW[2], reached[2]], NOON) == [
        True, True, True, True, True, False, True,
    ]  # fmt: skip
    assert limit.is_used_up


def test_customers_count_once_whatever_campaign_and_however_often(app):
    sent_out(a_campaign(name="one"), 4)
    sent_out(a_campaign(name="two"), 6)  # four of them the same people
    assert customers_since(NOON - DAY) == 6


def test_who_was_refused_was_not_reached(app):
    messages = sent_out(a_campaign(), 3)
    db.session.execute(update(Message).where(Message.id == messages[0]["id"]).values(refused_at=NOON))
    db.session.commit()
    assert customers_since(NOON - DAY) == 2

    limit = the_limit_is(app, 2)
    limit.open(NOON)
    assert limit.admit(numbers(messages), NOON) == [False, True, True]


def test_who_is_not_confirmed_may_have_been_reached_and_counts(app):
    messages = sent_out(a_campaign(), 3)
    db.session.execute(update(Message).where(Message.id == messages[0]["id"]).values(unconfirmed_at=NOON))
    assert customers_since(NOON - DAY) == 3


def test_the_day_moves(app):
    sent_out(a_campaign(), 3)
    limit = the_limit_is(app, 3)
    just_before, after = NOON + DAY - timedelta(seconds=1), NOON + DAY + timedelta(seconds=1)

    limit.open(just_before)
    assert limit.is_used_up and limit.admit(NEW, just_before) == [False] * 3
    limit.open(after + minutes(1))
    assert limit.admit(NEW, after + minutes(1)) == [True] * 3


def spread_out(campaign, *minutes_past_noon: float) -> None:
    """Messages to different people at these times."""
    messages = sent_out(campaign, len(minutes_past_noon))
    for message, past in zip(messages, minutes_past_noon, strict=True):
        at = update(Message).where(Message.id == message["id"])
        db.session.execute(at.values(authorised_at=NOON + minutes(past)))
    db.session.commit()


@pytest.mark.parametrize(("allowed", "freed_by"), [(4, 0), (3, 10), (1, 30)])
def test_it_frees_when_enough_of_the_oldest_have_fallen_out(app, allowed, freed_by):
    spread_out(a_campaign(), 0, 10, 20, 30)
    limit = the_limit_is(app, allowed)
    now = NOON + minutes(40)
    limit.open(now)

    assert limit.is_used_up
    frees_at = sending_number().limit_frees_at
    assert frees_at == NOON + minutes(freed_by) + DAY
    assert sending_number().limit_used == 4

    limit.open(frees_at - timedelta(seconds=1))
    assert limit.is_used_up
    limit.open(frees_at + timedelta(seconds=10))
    assert limit.admit(NEW, frees_at + timedelta(seconds=10))[0] is True


def test_somebody_written_to_again_falls_out_with_the_later_message(app):
    spread_out(a_campaign(), 0)
    spread_out(a_campaign(), 50)  # the same person
    limit = the_limit_is(app, 1)
    limit.open(NOON + minutes(60))
    assert sending_number().limit_frees_at == NOON + minutes(50) + DAY


@pytest.mark.parametrize(
    ("configured", "reported", "fits"),
    [
        (2, None, 2),
        (None, 2, 2),
        (2, 3, 2),
        (3, 2, 2),
        ("unlimited", 2, 2),
        ("unlimited", -1, 3),
        (None, -1, 3),
        (None, None, 3),
    ],
)
def test_of_what_is_set_and_what_whatsapp_reports_the_smaller_holds(app, configured, reported, fits):
    change_number(messaging_limit=reported)
    limit = the_limit_is(app, configured)
    limit.open(NOON)
    assert sum(limit.admit(NEW, NOON)) == fits


def test_a_limit_that_changes_holds_at_once(app):
    reached = numbers(sent_out(a_campaign(), 3))
    limit = the_limit_is(app, 10)
    limit.open(NOON)
    assert not limit.is_used_up

    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=2)
    limit.open(NOON)
    assert limit.is_used_up
    assert limit.admit([*NEW, *reached], NOON) == [False] * 3 + [True] * 3

    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=4)
    limit.open(NOON)
    assert limit.admit(NEW, NOON) == [True, False, False]


def test_what_the_sender_knows_is_refreshed_for_the_pages(app):
    limit = the_limit_is(app, 100)
    limit.open(NOON)
    assert sending_number().limit_used == 0
    sent_out(a_campaign(), 7, at=NOON)
    limit.open(NOON + minutes(2))
    assert sending_number().limit_used == 7


def test_those_reached_in_the_day_are_found_by_the_database(app):
    campaign = a_campaign()
    sent_out(campaign, 2)
    reached = select(Recipient.phone_number)
    assert len(db.session.scalars(reached.where(reached_since(NOON + minutes(1) - MOVING_DAY))).all()) == 2
    assert db.session.scalars(reached.where(reached_since(NOON + DAY + minutes(1) - MOVING_DAY))).all() == []


def test_the_moving_day_is_read_without_the_messages_before_it(app):
    """Whatever lies behind in the table: SQLite plans without statistics, so its plan is the same for a million rows."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics, which a small table does not have")
    sent_out(a_campaign(), 2)
    plans = []

    def explain(_connection, cursor, statement, parameters, _context, _many):
        if "whatsapp_messages" in statement:
            plans.extend(
                row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            )

    event.listen(db.engine, "before_cursor_execute", explain)
    the_limit_is(app, 1).open(NOON)
    account_spent(NOON)
    customers_since(NOON - DAY)
    event.remove(db.engine, "before_cursor_execute", explain)
    reads = [plan for plan in plans if "whatsapp_messages" in plan]
    assert len(reads) >= 4
    assert all("ix_whatsapp_messages_moving_day (authorised_at>" in plan for plan in reads), reads
