"""Leases: one holder at a time, on both databases, also when clocks jump and processes stall."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.lease import Lease
from campaign_app.services.leases import LeaseHolder, LostLease, is_held

SECONDS = 30


def a_holder(seconds: float = SECONDS) -> LeaseHolder:
    return LeaseHolder("job", seconds)


def the_lease() -> Lease:
    db.session.expire_all()
    return db.session.get(Lease, "job")


def expires_in(**delta: float) -> None:
    """What a clock that jumps, or a process that stalls, makes of the lease."""
    db.session.execute(update(Lease).values(expires_at=utc_now() + timedelta(**delta)))
    db.session.commit()


def stalls(holder: LeaseHolder) -> None:
    """The process was stopped for longer than it may trust its lease."""
    holder._trusted_until = holder._renewed_at = time.monotonic() - SECONDS


def test_the_first_takes_it_and_the_second_does_not(app):
    first, second = a_holder(), a_holder()

    assert first.hold() and not second.hold()
    assert first.is_trusted and not second.is_trusted
    assert (the_lease().owner, the_lease().epoch) == (first.owner, 1)
    assert is_held("job", utc_now())


def test_of_many_at_once_one_gets_it(app):
    barrier = threading.Barrier(8)

    def take(holder: LeaseHolder) -> bool:
        with app.app_context():
            barrier.wait()
            held = holder.hold()
            db.session.remove()
        return held

    for _ in range(3):
        holders = [a_holder() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, holders)) == 1
        expires_in(seconds=-1)
    assert the_lease().epoch == 3


def test_the_holder_renews_without_a_new_epoch(app):
    holder = a_holder()
    holder.hold()
    expires_in(seconds=1)
    stalls(holder)

    assert holder.hold()
    assert holder.epoch == the_lease().epoch == 1
    assert the_lease().expires_at > utc_now() + timedelta(seconds=SECONDS / 2)


def test_an_expired_lease_goes_to_the_next_with_a_new_epoch(app):
    first, second = a_holder(), a_holder()
    first.hold()
    expires_in(seconds=-1)

    assert not is_held("job", utc_now())
    assert second.hold()
    assert (the_lease().owner, second.epoch) == (second.owner, 2)


def test_a_released_lease_is_free_at_once(app):
    first, second = a_holder(), a_holder()
    first.hold()
    first.release()

    assert not first.is_trusted
    assert second.hold()


def test_a_lost_lease_cannot_be_released_for_its_new_owner(app):
    first, second = a_holder(), a_holder()
    first.hold()
    expires_in(seconds=-1)
    second.hold()
    first.release()

    assert not a_holder().hold()
    second.authorise()
    db.session.commit()


def test_a_zombie_knows_by_itself_and_its_transaction_is_refused(app):
    zombie, successor = a_holder(), a_holder()
    zombie.hold()
    stalls(zombie)
    expires_in(seconds=-1)
    successor.hold()

    assert not zombie.is_trusted
    with pytest.raises(LostLease):
        zombie.authorise()
    db.session.rollback()
    assert not zombie.hold()
    assert the_lease().owner == successor.owner


def test_even_who_still_trusts_the_lease_is_refused_when_it_is_lost(app):
    zombie, successor = a_holder(), a_holder()
    zombie.hold()
    expires_in(seconds=-1)
    successor.hold()

    assert zombie.is_trusted
    with pytest.raises(LostLease):
        zombie.authorise()
    assert not zombie.is_trusted


def test_an_expired_lease_authorises_nothing_even_if_nobody_took_it(app):
    holder = a_holder()
    holder.hold()
    expires_in(seconds=-1)
    with pytest.raises(LostLease):
        holder.authorise()
    db.session.rollback()

    stalls(holder)
    assert holder.hold()
    assert holder.epoch == 2  # messages of epoch 1 are now known to be orphans


def test_who_never_held_it_authorises_nothing(app):
    with pytest.raises(LostLease):
        a_holder().authorise()


def test_a_clock_that_was_set_back_does_not_block_for_hours(app):
    first, second = a_holder(), a_holder()
    first.hold()
    expires_in(hours=5)  # as the lease looks after the clock went five hours back

    assert second.hold()
    with pytest.raises(LostLease):
        first.authorise()


def test_a_clock_that_is_a_little_off_changes_nothing(app):
    first, second = a_holder(), a_holder()
    first.hold()
    expires_in(seconds=2 * SECONDS)
    assert not second.hold()


def test_it_is_trusted_for_half_its_time_only(app):
    holder = LeaseHolder("job", 0.8)
    assert holder.hold() and holder.is_trusted
    time.sleep(0.45)
    assert not holder.is_trusted
    assert is_held("job", utc_now())


def test_what_is_authorised_shuts_everybody_else_out_until_the_transaction_ends(app):
    holder = a_holder()
    holder.hold()
    expires_in(seconds=1)
    holder.authorise()  # renewed, but not committed yet
    time.sleep(1.1)  # for everybody else it has expired
    taken = []

    def take() -> None:
        with app.app_context():
            taken.append(a_holder().hold())
            db.session.remove()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join(0.4)
    assert taken == []  # it waits
    db.session.commit()
    thread.join(15)
    assert taken == [False]


def test_leases_of_different_jobs_have_nothing_to_do_with_each_other(app):
    assert LeaseHolder("one", SECONDS).hold() and LeaseHolder("other", SECONDS).hold()
