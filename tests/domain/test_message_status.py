"""The status ladder: the same end for every order and repetition of what was seen."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.message_status import MessageStatus, higher, reduce_statuses

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SENT, DELIVERED = MessageStatus.SENT, MessageStatus.DELIVERED
READ, FAILED = MessageStatus.READ, MessageStatus.FAILED

a_sighting = st.tuples(
    st.sampled_from([SENT, DELIVERED, READ, FAILED]),
    st.integers(0, 10_000).map(lambda seconds: START + timedelta(seconds=seconds)),
)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_levels_are_those_of_the_ladder():
    levels = {status.value: status.level for status in MessageStatus}
    assert levels == {"pending": 1, "queued": 2, "sent": 3, "delivered": 4, "read": 5, "failed": 99}


@pytest.mark.parametrize("pair", list(itertools.product(MessageStatus, repeat=2)))
def test_the_higher_of_two_is_the_same_in_both_orders(pair):
    a, b = pair
    assert higher(a, b) is higher(b, a)
    assert higher(a, b).level == max(a.level, b.level)


def test_all_permutations_of_up_to_five_statuses_end_alike():
    for length in range(1, 6):
        for seen in itertools.combinations_with_replacement([SENT, DELIVERED, READ, FAILED], length):
            timed = [(status, at(10 * position)) for position, status in enumerate(seen)]
            ends = {reduce_statuses(order) for order in itertools.permutations(timed)}
            assert len(ends) == 1


@given(st.lists(a_sighting, max_size=8), st.randoms())
def test_order_and_repetition_change_nothing(seen, random):
    again = seen + [random.choice(seen) for _ in range(random.randint(0, 5)) if seen]
    random.shuffle(again)
    assert reduce_statuses(again) == reduce_statuses(seen)


@given(st.lists(a_sighting, min_size=1, max_size=8))
def test_the_times_are_in_the_order_of_the_ladder_and_each_was_seen(seen):
    times = reduce_statuses(seen)
    assert times.status is max((status for status, _ in seen), key=lambda status: status.level)
    assert times.sent_at == min(instant for _, instant in seen)
    if times.read_at:
        assert times.sent_at <= times.delivered_at <= times.read_at
    if times.delivered_at:
        assert times.sent_at <= times.delivered_at
    for kind, instant in ((READ, times.read_at), (FAILED, times.failed_at)):
        assert instant == min((when for status, when in seen if status is kind), default=None)


def test_a_read_message_was_delivered_and_sent():
    times = reduce_statuses([(READ, at(7))])
    assert (times.sent_at, times.delivered_at, times.read_at) == (at(7), at(7), at(7))
    assert times.failed_at is None


def test_a_failed_status_proves_that_whatsapp_had_accepted_the_message():
    times = reduce_statuses([(FAILED, at(7))])
    assert (times.sent_at, times.delivered_at, times.failed_at) == (at(7), None, at(7))
    assert times.status is FAILED


def test_delivered_then_failed_keeps_both_facts():
    times = reduce_statuses([(FAILED, at(9)), (DELIVERED, at(5)), (SENT, at(1))])
    assert times.status is FAILED
    assert (times.sent_at, times.delivered_at, times.failed_at) == (at(1), at(5), at(9))


def test_nothing_seen_is_pending():
    assert reduce_statuses([]).status is MessageStatus.PENDING
