"""`flask import-customers`: what it prints, and how it ends."""

import pytest
from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.customer import Customer
from tests.customers_made import a_number


@pytest.fixture
def run(app):
    return lambda *arguments: app.test_cli_runner().invoke(args=["import-customers", *map(str, arguments)])


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Customer))


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "list.csv"
    rows = [f"{a_number(1)};Asha", "9.19876E+11;Ravi", "", f"{a_number(1)};Asha Rao", f"{a_number(2)};Uma"]
    file.write_text("Mobile No.;Name\n" + "\n".join(rows), encoding="utf-8-sig")
    return file


def test_it_says_what_became_of_every_row(run, file):
    result = run(file)
    assert result.exit_code == 0, result.output
    said = [line.strip() for line in result.stdout.splitlines()]
    for line in (
        "4  rows read",
        "2  added",
        "0  changed",
        "0  left alone",
        "1  repeated in the file, merged",
    ):
        assert line in said
    assert "line 5: repeats the number of line 2, merged" in said
    assert any(
        line.startswith("line 3: “9.19876E+11”: 9.19876E+11 is a number that a spreadsheet") for line in said
    )
    assert how_many() == 2
    (entry,) = db.session.scalars(select(AuditEntry))
    assert (entry.actor, entry.action, entry.details["added"]) == ("command line", "customers.imported", 2)


def test_a_dry_run_changes_nothing(run, file):
    result = run(file, "--dry-run")
    assert result.exit_code == 0
    assert "Nothing was changed" in result.stdout and "2  added" in result.stdout
    assert how_many() == 0


def test_a_file_that_cannot_be_read_ends_with_1_and_one_line(run, tmp_path):
    bad = tmp_path / "list.pdf"
    bad.write_bytes(b"%PDF-1.7")
    result = run(bad)
    assert result.exit_code == 1
    assert (
        result.stderr
        == "Error: This is a PDF document, not a customer file: save the list as .xlsx or CSV.\n"
    )
    assert how_many() == 0


@pytest.mark.parametrize("arguments", [(), ("no-such-file.csv",), ("--wet-run",)])
def test_wrong_usage_ends_with_2(run, arguments):
    assert run(*arguments).exit_code == 2
