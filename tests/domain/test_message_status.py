"""The status ladder: the same end for every order and repetition of what was seen."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.message_status import LEVELS, MessageStatus, raise_to

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SENT, DELIVERED = MessageStatus.SENT, MessageStatus.DELIVERED
READ, FAILED = MessageStatus.READ, MessageStatus.FAILED

a_sighting = st.tuples(
    st.sampled_from([SENT, DELIVERED, READ, FAILED]),
    st.integers(0, 10_000).map(lambda seconds: START + timedelta(seconds=seconds)),
)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def raised(*seen: tuple[MessageStatus, datetime]) -> dict:
    """A queued message of which `seen` was reported."""
    message = {"status": "queued", "sent_at": None, "delivered_at": None, "read_at": None, "failed_at": None}
    for status, instant in seen:
        raise_to(message, status, instant)
    return message


def test_the_levels_are_those_of_the_ladder():
    assert LEVELS == {"pending": 1, "queued": 2, "sent": 3, "delivered": 4, "read": 5, "failed": 99}


def test_all_permutations_of_up_to_five_statuses_end_alike():
    for length in range(1, 6):
        for seen in itertools.combinations_with_replacement([SENT, DELIVERED, READ, FAILED], length):
            timed = [(status, at(10 * position)) for position, status in enumerate(seen)]
            ends = {tuple(raised(*order).items()) for order in itertools.permutations(timed)}
            assert len(ends) == 1


@given(st.lists(a_sighting, max_size=8), st.randoms())
def test_order_and_repetition_change_nothing(seen, random):
    again = seen + [random.choice(seen) for _ in range(random.randint(0, 5)) if seen]
    random.shuffle(again)
    assert raised(*again) == raised(*seen)


@given(st.lists(a_sighting, min_size=1, max_size=8))
def test_the_times_are_in_the_order_of_the_ladder_and_each_was_seen(seen):
    message = raised(*seen)
    assert message["status"] == max((status for status, _ in seen), key=LEVELS.get).value
    assert message["sent_at"] == min(instant for _, instant in seen)
    if message["read_at"]:
        assert message["sent_at"] <= message["delivered_at"] <= message["read_at"]
    if message["delivered_at"]:
        assert message["sent_at"] <= message["delivered_at"]
    for kind, instant in ((READ, message["read_at"]), (FAILED, message["failed_at"])):
        assert instant == min((when for status, when in seen if status is kind), default=None)


def test_a_read_message_was_delivered_and_sent():
    times = dict.fromkeys(("sent_at", "delivered_at", "read_at"), at(7))
    assert raised((READ, at(7))) == {"status": "read", **times, "failed_at": None}


def test_a_failed_status_proves_that_whatsapp_had_accepted_the_message():
    message = raised((FAILED, at(7)))
    assert (message["sent_at"], message["delivered_at"], message["failed_at"]) == (at(7), None, at(7))
    assert message["status"] == "failed"


def test_delivered_then_failed_keeps_both_facts():
    message = raised((FAILED, at(9)), (DELIVERED, at(5)), (SENT, at(1)))
    assert message["status"] == "failed"
    assert (message["sent_at"], message["delivered_at"], message["failed_at"]) == (at(1), at(5), at(9))


def test_what_is_known_already_is_not_set_back():
    message = raised((READ, at(7)))
    raise_to(message, SENT, at(9))
    assert message == raised((READ, at(7)))
