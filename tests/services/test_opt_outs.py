"""Opt-outs: the three kinds, times, and any order of arrival."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.opt_out import OptOut
from campaign_app.services.eligibility import reason_not_to_write
from campaign_app.services.opt_outs import (
    count_opt_outs,
    holding_opt_outs,
    lift_opt_out,
    list_opt_outs,
    record_opt_out,
)
from tests.customers_made import NOW, a_customer, a_number

NUMBER = a_number(1)


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def kinds() -> set[str]:
    return {opt_out.kind for opt_out in holding_opt_outs(NUMBER)}


def test_recording_twice_keeps_one(app):
    assert record_opt_out(NUMBER, "ours", "asked on the phone", "a@example.com", at(0)) is True
    assert record_opt_out(NUMBER, "ours", "again", "a@example.com", at(5)) is False
    (kept,) = holding_opt_outs(NUMBER)
    assert (kept.reason, kept.opted_out_at) == ("asked on the phone", at(0))


def test_lifting_one_kind_never_lifts_another(app):
    for kind in ("meta", "word", "ours"):
        record_opt_out(NUMBER, kind, None, None, at(0))
    assert lift_opt_out(NUMBER, "meta", at(1)) is True
    assert kinds() == {"word", "ours"}
    assert lift_opt_out(NUMBER, "ours", at(1)) is True
    assert kinds() == {"word"}


def test_lifting_what_does_not_hold_says_so(app):
    assert lift_opt_out(NUMBER, "ours", at(0)) is False


def test_after_a_lift_the_person_can_opt_out_again_and_the_history_stays(app):
    record_opt_out(NUMBER, "ours", None, None, at(0))
    lift_opt_out(NUMBER, "ours", at(1))
    assert record_opt_out(NUMBER, "ours", None, None, at(2)) is True
    assert db.session.scalar(select(func.count()).select_from(OptOut)) == 2


EVENTS = [("stop", 2), ("lift", 3), ("stop", 5), ("lift", 7)]


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_whatsapps_stops_and_lifts_end_alike_in_any_order_and_repetition(app, kept):
    events = EVENTS[:kept]
    expected = {"meta"} if events[-1][0] == "stop" else set()
    for order in permutations(events):
        for event, second in (*order, *order[:2]):
            if event == "stop":
                record_opt_out(NUMBER, "meta", None, "WhatsApp", at(second))
            else:
                lift_opt_out(NUMBER, "meta", at(second))
        assert kinds() == expected, order
        db.session.rollback()


@pytest.mark.parametrize("first", ["stop", "lift"])
def test_of_a_stop_and_a_lift_in_the_same_second_the_stop_counts(app, first):
    steps = [
        lambda: record_opt_out(NUMBER, "meta", None, None, at(0)),
        lambda: lift_opt_out(NUMBER, "meta", at(0)),
    ]
    for step in steps if first == "stop" else reversed(steps):
        step()
    assert kinds() == {"meta"}


def test_the_condition_finds_opt_outs_and_recorded_refusals(app):
    for place, opted_in in enumerate([None, False, True, None], 1):
        a_customer(place, opted_in=opted_in)
    record_opt_out(a_number(3), "word", None, None, at(0))
    record_opt_out(a_number(4), "word", None, None, at(0))
    lift_opt_out(a_number(4), "word", at(1))

    def found(condition):
        return set(db.session.scalars(select(Customer.phone_number).where(condition)))

    assert found(reason_not_to_write(Customer.phone_number, False).is_not(None)) == {a_number(2), a_number(3)}


def test_the_list_comes_in_pages_the_latest_first_without_the_lifted(app):
    for place in range(1, 8):
        record_opt_out(a_number(place), "ours" if place % 2 else "word", None, None, at(place // 3))
    lift_opt_out(a_number(4), "word", at(9))
    seen, after = [], None
    while True:
        page = list_opt_outs(after=after, limit=2)
        seen += [opt_out.phone_number for opt_out in page.opt_outs]
        after = page.next_after
        if after is None:
            break
    assert sorted(seen) == [a_number(place) for place in (1, 2, 3, 5, 6, 7)]
    assert set(seen[:2]) == {a_number(7), a_number(6)}
    assert [opt_out.phone_number for opt_out in list_opt_outs(kind="word").opt_outs] == [
        a_number(6),
        a_number(2),
    ]
    assert count_opt_outs() == {"ours": 4, "word": 2}
