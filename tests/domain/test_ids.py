"""New ids: unique, of version 7, and in the order of their making."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import RFC_4122, UUID

from campaign_app.domain.ids import new_id, new_ids


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_it():
    before = time.time()
    made = new_id()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert abs(datetime.fromtimestamp((made.int >> 80) / 1000, UTC).timestamp() - before) < 5


def test_later_ids_sort_behind_earlier_ones():
    first = new_id()
    time.sleep(0.002)
    second = new_id()
    assert first < second
    assert str(first) < str(second)
    assert first.hex < second.hex


def test_threads_never_make_the_same_id():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id(), range(20_000)))
    assert len(set(made)) == len(made)


def test_ids_of_the_same_moment_sort_in_the_order_of_their_making():
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)


def test_many_at_once_are_such_ids_too_and_nobody_else_gets_one_of_them():
    before = new_id()
    many = [UUID(text) for text in new_ids(5000)]
    everything = [before, *many, new_id()]
    assert everything == sorted(everything) and len(set(everything)) == 5002
    assert {(one.version, one.variant) for one in many} == {(7, RFC_4122)}
