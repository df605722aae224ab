"""An import goes on from any machine of an installation: whoever answers the page, or runs the jobs, gets the files."""

import io

import pytest
from sqlalchemy import func, select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_layout import DETAIL, uses_from_json
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.customer_import import CustomerImport
from campaign_app.models.file_block import FileBlock
from campaign_app.services.customer_imports import (
    change_columns,
    choose_columns,
    confirm_import,
    discard_import,
    layout_of,
    refused_rows,
    start_import,
    take_file,
)
from campaign_app.services.customers import find_by_phone
from campaign_app.services.erasure import erase_customer
from campaign_app.services.import_runs import KEPT, prune_imports, run_imports
from tests.databases import an_app, fresh_postgresql

LIST = b"phone,name,nick\n+919811111111,Asha,Ash\n+919811111112,Ravi,Rav\nletters,Nobody,No\n"


@pytest.fixture
def machine(tmp_path):
    """`machine("a")`: everything from here on happens on that one; all share a PostgreSQL database."""
    app = an_app(fresh_postgresql())

    def choose(name: str) -> None:
        app.instance_path = str(tmp_path / name)

    choose("a")
    with app.app_context():
        yield choose
        db.session.remove()
        db.engine.dispose()


def an_upload() -> CustomerImport:
    one = start_import(take_file(io.BytesIO(LIST), "list.csv"), "staff@example.com", utc_now())
    db.session.commit()
    return one


def choose(one: CustomerImport, uses: list[dict] | None = None) -> None:
    choose_columns(one, uses_from_json(uses or one.uses), "IN", utc_now())
    db.session.commit()


def confirm(one: CustomerImport) -> None:
    db.session.refresh(one)
    confirm_import(one, "staff@example.com", utc_now())
    db.session.commit()


def blocks() -> int:
    return db.session.scalar(select(func.count()).select_from(FileBlock))


def test_every_step_may_happen_on_another_machine(machine):
    one = an_upload()
    machine("b")
    assert layout_of(one).names == ["phone", "name", "nick"]
    choose(one)
    machine("c")
    assert run_imports()
    machine("a")
    assert [row.reason for row, _ in refused_rows(one)] == ["This is not a phone number."]
    machine("b")
    confirm(one)
    machine("d")
    assert run_imports()
    db.session.refresh(one)
    assert (one.state, one.added) == ("done", 2)
    machine("e")
    assert len(refused_rows(one)) == 1


def test_a_copy_of_an_earlier_reading_is_not_written(machine):
    one = an_upload()
    choose(one)
    run_imports()
    machine("b")
    assert refused_rows(one)  # a copy of the first reading lies here now
    machine("a")
    change_columns(one)
    fields = {"phone": "phone_number", "name": DETAIL, "nick": "name"}
    choose(one, [{**use, "field": fields[use["name"]]} for use in one.uses])
    run_imports()
    machine("b")
    confirm(one)
    run_imports()
    assert find_by_phone("+919811111111").name == "Ash"


def test_what_is_given_up_erased_or_a_day_old_is_gone_from_the_database_too(machine):
    one = an_upload()
    assert blocks() == 1
    discard_import(one)
    db.session.commit()
    assert blocks() == 0
    an_upload()
    prune_imports(utc_now() + KEPT * 2)
    db.session.commit()
    assert blocks() == 0
    one = an_upload()
    choose(one)
    run_imports()
    confirm(one)
    run_imports()
    machine("b")
    erase_customer(
        db.session.scalar(select(Customer.id).where(Customer.name == "Asha")), "staff@example.com", utc_now()
    )
    assert blocks() == 0
