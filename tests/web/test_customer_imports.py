"""The upload of a customer file, and its report."""

import io

import pytest
from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.customer import Customer
from campaign_app.services.customers import find_by_phone
from tests.customers_made import a_customer, a_number
from tests.page_checks import a_client

LIST = f"Mobile No.;Name\n{a_number(1)};Asha\n9.19876E+11;=1+1\n\n{a_number(1)};Asha Rao\n{a_number(2)};Uma\n".encode()


@pytest.fixture(autouse=True)
def reports(app, tmp_path):
    app.instance_path = str(tmp_path)


def upload(client, content: bytes, name: str = "list.csv", status: int = 303, **fields):
    return client.post("/customers/import", {"file": (io.BytesIO(content), name), **fields}, status=status)


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Customer))


def test_the_report_says_what_became_of_every_row(app):
    client = a_client(app, "staff")
    assert "Download an example file" in client.get("/customers/import").text
    report = client.get(upload(client, LIST).location).text
    assert "4 rows" in report and "1 empty line" in report
    assert "9.19876E+11 is a number that a spreadsheet has rounded" in report
    assert "Repeated numbers" in report
    assert how_many() == 2
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "customers.imported")).one()
    assert (entry.actor, entry.details["file"], entry.details["refused_count"]) == (
        "staff@example.com",
        "list.csv",
        1,
    )


def test_the_refused_rows_can_be_downloaded(app):
    client = a_client(app, "staff")
    address = upload(client, LIST).location
    download = client.get(f"{address}/refused.csv")
    assert download.text.splitlines()[1].startswith("3,9.19876E+11,9.19876E+11 is a number")


def test_a_check_changes_nothing(app):
    client = a_client(app, "staff")
    report = client.get(upload(client, LIST, dry_run="1").location).text
    assert "Nothing was changed" in report
    assert how_many() == 0


def test_a_yes_against_a_recorded_no_is_told(app):
    a_customer(1, opted_in=False)
    db.session.commit()
    client = a_client(app, "staff")
    report = client.get(upload(client, f"phone,consent\n{a_number(1)},yes\n".encode()).location).text
    assert "1 customer said no to messages before" in report
    db.session.rollback()
    assert find_by_phone(a_number(1)).opted_in is False


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7", "This is a PDF document"),
        (b"", "The file is empty"),
        (b"name,city\nAsha,Pune\n", "Call the right one phone_number"),
        (b"PK\x03\x04 no workbook", "The workbook is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(app, content, sentence):
    answer = upload(a_client(app, "staff"), content, status=422)
    assert "Nothing was imported" in answer.text and sentence in answer.text
    assert how_many() == 0


def test_without_a_file_it_asks_for_one(app):
    assert "Choose a file first" in a_client(app, "staff").post("/customers/import", {}, status=422).text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\files\\list.csv", "<script>.csv", "x" * 5000 + ".csv"]
)
def test_the_name_of_the_file_is_only_shown(app, name):
    client = a_client(app, "staff")
    report = client.get(upload(client, LIST, name=name).location).text
    assert "<script>.csv" not in report and "etc/" not in report
    assert how_many() == 2


def test_a_report_that_is_gone_is_a_404(app):
    a_client(app, "staff").get("/customers/import/00000000-0000-0000-0000-000000000000", status=404)


def test_the_example_can_be_imported(app):
    client = a_client(app, "staff")
    example = client.get("/customers/import/example.csv").data
    upload(client, example)
    assert how_many() == 2
    assert find_by_phone("+919876543210").tags == ["vip", "diwali"]
