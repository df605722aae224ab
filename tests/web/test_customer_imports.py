"""The import wizard: upload, columns, preview, confirmation, result."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.services.customers import find_by_phone
from campaign_app.services.opt_outs import record_opt_out
from tests.customers_made import NOW, a_customer, a_number
from tests.import_wizard import LIST, as_guessed, checked, choose, how_many, the_import, upload, work
from tests.page_checks import a_client
from tests.pages_made import words


@pytest.fixture(autouse=True)
def folder(app, tmp_path):
    app.instance_path = str(tmp_path)
    return tmp_path / "imports"


def test_nothing_changes_before_the_confirmation(app):
    client = a_client(app, "staff")
    address = checked(client, LIST)
    preview = client.get(address).text
    assert (
        "Import 2 people" in preview and "9.19876E+11 is a number that a spreadsheet has rounded" in preview
    )
    assert "4 rows and 1 empty line" in words(preview) and "Repeated numbers" in preview
    assert how_many() == 0
    client.post(f"{address}/confirm", status=303)
    assert how_many() == 0
    work()
    assert "is finished" in client.get(address).text
    assert (how_many(), find_by_phone(a_number(1)).name) == (2, "Asha Rao")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "customers.imported")).one()
    assert (entry.actor, entry.details["file"], entry.details["refused"]) == (
        "staff@example.com",
        "list.csv",
        1,
    )


def test_the_preview_counts_what_an_import_would_do(app):
    a_customer(1, name="Asha")
    a_customer(2, name="Uma")
    a_customer(3, name="Ravi", opted_in=False)
    record_opt_out(a_number(4), "word", None, None, NOW)
    db.session.commit()
    lines = [
        "phone,name,consent",
        f"{a_number(1)},Asha,",
        f"{a_number(2)},Uma Rao,",
        f"{a_number(3)},Ravi,yes",
    ]
    lines += [f"{a_number(4)},Zoya,", f"{a_number(5)},Kabir,", f"{a_number(5)},Kabir,", "12,Nobody,"]
    client = a_client(app, "staff")
    address = checked(client, "\n".join(lines).encode())
    one = the_import()
    assert (one.added, one.changed, one.unchanged) == (2, 1, 2)
    assert (one.duplicates, one.refused, one.opted_out, one.kept_refusals) == (1, 1, 2, 1)
    assert one.rows == one.people + one.duplicates + one.refused
    page = words(client.get(address).text)
    assert "New 2" in page and "Same 2" in page and "Opted out 2" in page
    assert "1 customer said no to messages before" in page
    client.post(f"{address}/confirm", status=303)
    work()
    one = the_import()
    assert (one.state, one.added, one.changed, one.unchanged) == ("done", 2, 1, 2)


def test_the_same_file_again_changes_nothing_and_says_when_it_came_before(app):
    client = a_client(app, "staff")
    client.post(f"{checked(client, LIST)}/confirm", status=303)
    work()
    address = upload(client, LIST)
    page = client.get(address).text
    assert "This file was imported on" in page and "staff@example.com" in page
    choose(client, address, **as_guessed())
    work()
    assert "This file was imported on" in client.get(address).text
    client.post(f"{address}/confirm", status=303)
    work()
    one = the_import()
    assert (one.added, one.changed, one.unchanged, how_many()) == (0, 0, 2, 2)


def test_the_columns_can_be_chosen_otherwise_and_are_remembered_for_files_of_the_same_layout(app):
    client = a_client(app, "staff")
    first = f"Reach,Who,Grade,Note\n{a_number(1)},Asha,Gold,x\n".encode()
    address = upload(client, first)
    page = client.get(address).text
    assert "Asha" in page and "Choose" not in page
    columns = {
        "column-0": "phone_number", "column-1": "name", "column-2": "customer_tier", "column-3": "attribute",
        "name-3": "remark",
    }  # fmt: skip
    choose(client, address, **columns)
    work()
    client.post(f"{address}/confirm", status=303)
    work()
    customer = find_by_phone(a_number(1))
    assert (customer.name, customer.customer_tier, customer.attributes) == ("Asha", "gold", {"remark": "x"})

    again = upload(client, f"Reach,Who,Grade,Note\n{a_number(2)},Uma,Silver,y\n".encode())
    assert "set as they were then" in client.get(again).text
    assert the_import().uses == [
        {"field": "phone_number", "name": "Reach"},
        {"field": "name", "name": "Who"},
        {"field": "customer_tier", "name": "Grade"},
        {"field": "attribute", "name": "remark"},
    ]
    upload(client, f"Reach,Who,Other\n{a_number(2)},Uma,1\n".encode())
    assert [use["field"] for use in the_import().uses] == ["phone_number", "attribute", "attribute"]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"column-0": "ignore", "column-1": "name"}, "Choose the column that holds the phone numbers."),
        (
            {"column-0": "phone_number", "column-1": "phone_number"},
            "Two columns are chosen as “Phone number”",
        ),
        ({"column-0": "phone_number", "column-1": "nonsense"}, "Column 2: choose what it holds."),
    ],
)
def test_columns_that_cannot_be_are_refused_with_the_reason(app, columns, sentence):
    client = a_client(app, "staff")
    address = upload(client, LIST)
    assert sentence in client.get(address).text or sentence in choose(client, address, 422, **columns).text
    assert the_import().state == "mapping"


def test_after_the_preview_the_columns_can_be_changed_and_the_file_given_up(app, folder):
    client = a_client(app, "staff")
    address = checked(client, LIST)
    client.post(f"{address}/columns", {"again": "1"}, status=303)
    assert "What is in which column?" in client.get(address).text
    choose(client, address, **{**as_guessed(), "column-1": "ignore"})
    work()
    assert the_import().state == "ready"
    assert client.post(f"{address}/discard", status=303).location == "/customers/import"
    assert list(folder.iterdir()) == []
    client.get(address, status=404)
    assert how_many() == 0


def test_what_is_confirmed_cannot_be_confirmed_or_given_up_again(app):
    client = a_client(app, "staff")
    address = checked(client, LIST)
    client.post(f"{address}/confirm", status=303)
    client.post(f"{address}/confirm", status=303)
    client.post(f"{address}/discard", status=303)
    work()
    assert (the_import().state, the_import().added) == ("done", 2)
    assert "moved on meanwhile" in client.get(address).text


def test_every_refused_row_can_be_downloaded_corrected_and_uploaded(app):
    client = a_client(app, "staff")
    bad = "".join(f"{place},Nobody {place}\n" for place in range(300))
    address = checked(client, f"phone,name\n{a_number(1)},Asha\n{bad}".encode())
    assert "first 200 of 300" in client.get(address).text
    lines = client.get(f"{address}/refused.csv").text.splitlines()
    assert len(lines) == 301
    assert (
        lines[0].lstrip("\ufeff") == "phone,name,refused: line,refused: column,refused: value,refused: reason"
    )
    assert lines[1].startswith("0,Nobody 0,3,phone,0,")
    corrected = "\n".join([lines[0], lines[1].replace("0,Nobody 0", f"{a_number(2)},Uma", 1)])
    client.post(f"{checked(client, corrected.encode())}/confirm", status=303)
    work()
    customer = find_by_phone(a_number(2))
    assert (customer.name, customer.attributes) == ("Uma", {})


def test_a_file_without_names_of_columns_can_be_imported(app):
    client = a_client(app, "staff")
    address = upload(client, f"Asha,{a_number(1)}\nUma,{a_number(2)}\n".encode())
    assert "has no names of columns" in client.get(address).text
    choose(client, address, **{**as_guessed(), "column-0": "name"})
    work()
    client.post(f"{address}/confirm", status=303)
    work()
    assert (how_many(), find_by_phone(a_number(1)).name) == (2, "Asha")


def test_the_country_of_the_numbers_can_be_chosen(app):
    client = a_client(app, "staff")
    address = upload(client, b"phone,name\n020 7946 0958,Ann\n")
    choose(client, address, **{**as_guessed(), "country": "GB"})
    work()
    client.post(f"{address}/confirm", status=303)
    work()
    assert find_by_phone("+442079460958").name == "Ann"


def test_the_progress_comes_as_a_fragment_until_it_is_finished(app):
    client = a_client(app, "staff")
    address = upload(client, LIST)
    choose(client, address, **as_guessed())
    assert "data-finished" not in client.get(f"{address}/_progress").text
    work()
    assert "data-finished" in client.get(f"{address}/_progress").text
