"""Imports are read and written in short steps, go on after a crash, and harm nobody who sends."""

import io
import os
import threading
import time

import pytest
from sqlalchemy import func, select, text

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_layout import uses_from_json
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.customer_import import CustomerImport
from campaign_app.services import import_runs
from campaign_app.services.customer_imports import (
    choose_columns,
    confirm_import,
    forget_files,
    staged_path,
    start_import,
    take_file,
    upload_path,
)
from campaign_app.services.customer_reading import ALONE
from campaign_app.services.import_runs import STALE_AFTER, prune_imports, run_imports
from tests.customers_made import a_number


@pytest.fixture(autouse=True)
def folder(app, tmp_path):
    app.instance_path = str(tmp_path)


def a_list(people: int) -> bytes:
    return (
        "phone,name\n" + "".join(f"{a_number(place)},Customer {place}\n" for place in range(people))
    ).encode()


def an_import(content: bytes) -> CustomerImport:
    """An import whose columns are chosen: it waits to be read."""
    taken = take_file(io.BytesIO(content), "list.csv")
    one = start_import(taken, "staff@example.com", utc_now())
    choose_columns(one, uses_from_json(one.uses), "IN", utc_now())
    db.session.commit()
    return one


def confirmed(one: CustomerImport) -> None:
    db.session.refresh(one)
    confirm_import(one, "staff@example.com", utc_now())
    db.session.commit()


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Customer))


def after_calls(count: int):
    """Says "stop" from the `count`-th question on."""
    calls = []
    return lambda: len(calls) >= count or bool(calls.append(1))


def test_writing_goes_on_where_it_was_interrupted_and_counts_nobody_twice(app):
    one = an_import(a_list(1800))
    assert run_imports()
    confirmed(one)
    assert run_imports(after_calls(2))
    db.session.refresh(one)
    assert (one.state, one.written, one.added, how_many()) == ("writing", 1000, 1000, 1000)
    assert run_imports()
    db.session.refresh(one)
    assert (one.state, one.added, one.changed, one.unchanged, how_many()) == ("done", 1800, 0, 0, 1800)
    assert not run_imports()


def test_another_process_takes_over_only_once_the_first_one_is_silent(app, monkeypatch):
    one = an_import(a_list(10))
    one.worker, one.heartbeat_at = "somebody else", utc_now()
    db.session.commit()
    assert not run_imports()
    one.heartbeat_at = utc_now() - STALE_AFTER * 2
    db.session.commit()
    assert run_imports()
    db.session.refresh(one)
    assert one.state == "ready"


def test_an_import_whose_file_is_nowhere_any_more_is_left_alone(app):
    one = an_import(a_list(10))
    forget_files(one.id, "upload")
    db.session.commit()
    assert not run_imports()


def test_a_file_without_anybody_is_refused_with_the_reason(app):
    one = an_import(b"phone,name\n\n")
    run_imports()
    db.session.refresh(one)
    assert one.state == "failed" and "nobody in the file" in one.fault


def test_a_fault_of_ours_is_shown_and_not_tried_for_ever(app, monkeypatch):
    one = an_import(a_list(10))

    def broken(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(import_runs, "stage_rows", broken)
    with pytest.raises(ZeroDivisionError):
        run_imports()
    db.session.refresh(one)
    assert one.state == "failed" and "Nothing was changed" in one.fault
    assert not run_imports()


def test_a_long_file_is_read_by_several_processes_in_its_order(app):
    people = ALONE + 3000
    one = an_import(a_list(people) + f"{a_number(0)},Asha\n12,Nobody\n".encode())
    run_imports()
    db.session.refresh(one)
    assert (one.state, one.people, one.duplicates, one.refused) == ("ready", people, 1, 1)
    assert (one.added, one.rows) == (people, people + 2)


def test_while_a_list_is_written_others_write_within_a_second(app):
    one = an_import(a_list(6000))
    run_imports()
    confirmed(one)
    waits, is_done = [], threading.Event()

    def write_now_and_then():
        with app.app_context():
            while not is_done.is_set():
                began = time.monotonic()
                db.session.execute(text("UPDATE leases SET epoch = epoch WHERE name = 'nobody'"))
                db.session.commit()
                waits.append(time.monotonic() - began)
                time.sleep(0.02)
            db.session.remove()

    other = threading.Thread(target=write_now_and_then)
    db.session.rollback()
    other.start()
    try:
        run_imports()
    finally:
        is_done.set()
        other.join()
    db.session.refresh(one)
    assert one.state == "done" and len(waits) > 3
    assert max(waits) < 1


def test_uploads_are_deleted_after_a_day_and_what_was_never_confirmed_is_given_up(app):
    old, fresh = an_import(a_list(3)), an_import(a_list(4))
    run_imports()
    day_before = utc_now().timestamp() - 25 * 3600
    for path in (upload_path(old.id), staged_path(old.id)):
        os.utime(path, (day_before, day_before))
    old.created_at = utc_now() - STALE_AFTER * 60 * 25
    db.session.commit()
    prune_imports(utc_now())
    db.session.commit()
    assert not upload_path(old.id).exists() and not staged_path(old.id).exists()
    assert upload_path(fresh.id).exists()
    db.session.expire_all()
    assert (old.state, fresh.state) == ("discarded", "reading")


def test_the_upload_is_deleted_once_it_is_imported(app):
    one = an_import(a_list(3))
    run_imports()
    confirmed(one)
    run_imports()
    assert not upload_path(one.id).exists() and staged_path(one.id).exists()
