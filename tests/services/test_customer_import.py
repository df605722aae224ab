"""Importing customers: what is added, changed, left alone and refused, on real databases."""

import io

import pytest
from sqlalchemy import func, select, update

from campaign_app.domain.errors import Invalid
from campaign_app.domain.messy_customers import write_messy_customers
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services import customer_import, customer_writes
from campaign_app.services.customer_import import import_customers
from campaign_app.services.opt_outs import holding_opt_outs, record_opt_out
from tests.customers_made import NOW, a_customer, a_number

HEADER = "phone_number,name,customer_tier,tags,opted_in,points\n"


def imported(content: str | bytes, dry_run: bool = False, source: str = "list.csv"):
    content = content.encode() if isinstance(content, str) else content
    return import_customers(io.BytesIO(content), "IN", dry_run, source, NOW)


def the_customer(place: int = 1) -> Customer:
    db.session.expire_all()
    return db.session.scalars(select(Customer).where(Customer.phone_number == a_number(place))).one()


def how_many() -> int:
    return db.session.scalar(select(func.count()).select_from(Customer))


def counts(report) -> tuple:
    return (
        report.added,
        report.changed,
        report.unchanged,
        report.duplicates,
        report.refused_count,
        report.empty,
    )


def test_rows_are_added_and_the_same_file_again_changes_nothing(app):
    content = HEADER + f"{a_number(1)},Asha,gold,vip,yes,120\n{a_number(2)},Ravi,,,,\n"
    assert counts(imported(content)) == (2, 0, 0, 0, 0, 0)
    db.session.commit()
    before = the_customer()
    assert (before.name, before.customer_tier, before.tags, before.attributes) == (
        "Asha",
        "gold",
        ["vip"],
        {"points": "120"},
    )
    assert (before.opted_in, before.opted_in_at, before.opted_in_source) == (True, NOW, "list.csv, line 2")
    assert counts(imported(content)) == (0, 0, 2, 0, 0, 0)
    assert the_customer().updated_at == NOW


def test_an_empty_cell_never_erases_and_what_is_new_is_merged(app):
    a_customer(
        1,
        name="Asha",
        customer_tier="gold",
        tags=["vip"],
        attributes={"points": 120, "shoe": "38"},
        opted_in=True,
    )
    report = imported(HEADER + f"{a_number(1)},,platinum,,,121\n")
    assert counts(report) == (0, 1, 0, 0, 0, 0)
    customer = the_customer()
    assert (customer.name, customer.customer_tier, customer.tags) == ("Asha", "platinum", ["vip"])
    assert customer.attributes == {"points": "121", "shoe": "38"}
    assert customer.opted_in is True


def test_a_number_that_a_file_repeats_as_text_stays_a_number(app):
    a_customer(1, attributes={"points": 120, "vip": True})
    assert counts(imported(f"phone,points,vip\n{a_number(1)},120,true\n")) == (0, 0, 1, 0, 0, 0)
    assert the_customer().attributes == {"points": 120, "vip": True}


def test_a_no_is_recorded_and_a_later_yes_of_a_file_does_not_lift_it(app):
    imported(HEADER + f"{a_number(1)},Asha,,,no,\n")
    assert the_customer().opted_in is False
    report = imported(HEADER + f"{a_number(1)},Asha,,,yes,\n")
    assert (counts(report), report.kept_refusals) == ((0, 0, 1, 0, 0, 0), 1)
    assert the_customer().opted_in is False


def test_an_import_leaves_opt_outs_alone(app):
    record_opt_out(a_number(1), "word", "STOP", None, NOW)
    imported(HEADER + f"{a_number(1)},Asha,,,yes,\n")
    assert [opt_out.kind for opt_out in holding_opt_outs(a_number(1))] == ["word"]


def test_the_same_number_in_five_spellings_is_one_customer_and_the_later_row_counts(app):
    national = a_number(1)[3:]
    spellings = [
        a_number(1),
        f"0{national}",
        f"0091{national}",
        f"+91 {national[:5]} {national[5:]}",
        national,
    ]
    rows = "".join(
        f"{spelling},Asha {place},,,{'no' if not place else 'yes'},\n"
        for place, spelling in enumerate(spellings)
    )
    report = imported(HEADER + rows)
    assert counts(report) == (1, 0, 0, 4, 0, 0)
    assert [(row.line, row.first_line) for row in report.duplicate_rows] == [(3, 2), (4, 2), (5, 2), (6, 2)]
    assert (the_customer().name, the_customer().opted_in) == ("Asha 4", False)


def test_refused_rows_are_told_and_the_others_kept(app):
    content = HEADER + f"{a_number(1)},Asha,,,,\n9.19876E+11,Ravi,,,,\n\nTOTAL,,,,,\n{a_number(2)},Tara,,,,\n"
    report = imported(content)
    assert counts(report) == (2, 0, 0, 0, 2, 1)
    assert [(row.line, row.value) for row in report.refused] == [(3, "9.19876E+11"), (5, "TOTAL")]
    assert (
        report.rows
        == report.added + report.changed + report.unchanged + report.duplicates + report.refused_count
    )


def test_the_numbers_add_up_over_many_chunks(app, monkeypatch):
    monkeypatch.setattr(customer_import, "CHUNK", 3)
    rows = [f"{a_number(place % 10)},Name {place}" for place in range(25)]
    report = imported("phone,name\n" + "\n".join(rows))
    assert counts(report) == (10, 0, 0, 15, 0, 0)
    assert the_customer(4).name == "Name 24"
    assert counts(imported("phone,name\n" + "\n".join(rows[:12]))) == (0, 10, 0, 2, 0, 0)


def test_a_dry_run_says_the_same_and_changes_nothing(app):
    a_customer(1, name="Asha")
    a_customer(2, name="Ravi")
    content = HEADER + f"{a_number(1)},Asha,,,,\n{a_number(2)},Tara,,,,\n{a_number(3)},Uma,,,,\nx,,,,,\n"
    assert counts(imported(content, dry_run=True)) == (1, 1, 1, 0, 1, 0)
    assert how_many() == 2
    assert the_customer(2).name == "Ravi"
    assert counts(imported(content)) == (1, 1, 1, 0, 1, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_dry_run_holds_up_nobody_who_writes(app):
    a_customer(1)
    db.session.commit()
    imported(HEADER + f"{a_number(1)},Asha,,,,\n", dry_run=True)  # its transaction is still open
    with db.engine.begin() as other:
        other.execute(update(Customer).values(name="Ravi"))
    assert the_customer().name != "Asha"


def test_a_file_that_breaks_off_in_the_middle_imports_nothing(app):
    content = HEADER + "".join(f"{a_number(place)},Asha,,,,\n" for place in range(50)) + "9" * 150_000
    with pytest.raises(Invalid, match="Line 52"):
        imported(content)
    assert how_many() == 0


def test_somebody_elses_new_customer_counts_as_known(app, monkeypatch):
    """Another process adds the customer between our looking and our writing."""
    real = customer_writes._known
    first = []

    def known_but_late(numbers, lock=True):
        if not first:
            first.append(True)
            a_customer(1, name="Asha", location="Pune")
            return {}
        return real(numbers)

    monkeypatch.setattr(customer_writes, "_known", known_but_late)
    assert counts(imported(HEADER + f"{a_number(1)},Asha Rao,,,,\n{a_number(2)},Ravi,,,,\n")) == (
        1,
        1,
        0,
        0,
        0,
        0,
    )
    assert (the_customer().name, the_customer().location) == ("Asha Rao", "Pune")


@pytest.mark.parametrize("seed", [1, 7])
def test_the_messy_file_of_the_demo_makes_exactly_the_customers_it_promises(app, tmp_path, seed):
    file = tmp_path / "messy.csv"
    write_messy_customers(file, customers=300, seed=seed)
    again = tmp_path / "again.csv"
    write_messy_customers(again, customers=300, seed=seed)
    assert file.read_bytes() == again.read_bytes()
    report = imported(file.read_bytes())
    assert (report.added, how_many()) == (300, 300)
    reasons = " ".join(row.reason for row in report.refused)
    assert all(
        words in reasons
        for words in ("rounded", "empty", "not a phone number", "two phone numbers", "too short")
    )
    assert report.duplicates and report.empty
