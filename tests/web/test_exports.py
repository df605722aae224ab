"""CSV answers: safe to open in a spreadsheet, and the same when they are read back."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.customer_merge import changed_values
from campaign_app.domain.formula_guard import guard, unguard
from campaign_app.extensions import db
from campaign_app.services.customer_import import import_customers
from campaign_app.services.customer_lists import CustomerSearch, every_customer
from campaign_app.services.customers import find_by_phone
from campaign_app.web.exports import csv_response
from tests.customers_made import NOW, a_customer, a_number
from tests.page_checks import a_client

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@given(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(DANGEROUS).flatmap(lambda sign: st.text().map(lambda t: sign + t)),
    )
)
def test_a_guarded_text_is_no_formula_and_comes_back_as_it_was(text):
    assert not guard(text).startswith(DANGEROUS) or text.removeprefix("+").isdigit()
    assert unguard(guard(text)) == text


def test_rows_are_written_as_excel_reads_them(app):
    with app.test_request_context():
        rows = [("=1+1", None, 5, 'a "b", c'), ("+919876543210", "two\nlines", -5, "José 🎉")]
        answer = csv_response(iter(rows), ("a", "b", "c", "d"), "päople.csv")
        body = answer.get_data()
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert body.startswith(b"\xef\xbb\xbfa,b,c,d\r\n")
    read = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert read[1:] == [["'=1+1", "", "5", 'a "b", c'], ["+919876543210", "two\nlines", "-5", "José 🎉"]]


def test_all_customers_come_back_the_same_when_the_export_is_imported(app):
    a_customer(
        1, name="=HYPERLINK(1)", customer_tier="gold", tags=["vip", "new"], opted_in=True, language="pt_BR"
    )
    a_customer(
        2, name="'n Beetje", location="São Paulo", attributes={"points": 120, "=sum": "-5", "Größe": True}
    )
    a_customer(3, opted_in=False, phone_number="+442079460958", attributes={"note": 'a "b"; c,d|e'})
    db.session.commit()
    before = {customer.phone_number: known(customer) for customer in every_customer(CustomerSearch())}
    answer = a_client(app, "staff").get("/customers.csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert not any(cell.startswith(DANGEROUS) for cell in cells if not cell.removeprefix("+").isdigit())
    unchanged = import_customers(io.BytesIO(answer.data), None, False, "customers.csv", NOW)
    assert (unchanged.unchanged, unchanged.refused) == (3, [])
    for number in before:
        db.session.delete(find_by_phone(number))
    db.session.commit()
    report = import_customers(io.BytesIO(answer.data), None, False, "customers.csv", NOW)
    assert (report.added, report.refused) == (3, [])
    for number, values in before.items():
        assert changed_values(known(find_by_phone(number)), values) == {}
    assert find_by_phone(a_number(2)).attributes == {"points": "120", "=sum": "-5", "Größe": "true"}


def known(customer) -> dict:
    names = ("name", "customer_tier", "location", "language", "tags", "attributes", "opted_in")
    return {name: getattr(customer, name) for name in names}


def test_the_workbook_of_all_customers_can_be_imported_again_and_changes_nothing(app):
    a_customer(1, name="=1+1", tags=["vip", "new"], opted_in=True, attributes={"Größe": "XL", "points": 120})
    a_customer(2, name="José", location="São Paulo")
    db.session.commit()
    answer = a_client(app, "staff").get("/customers.xlsx")
    assert answer.headers["Content-Disposition"].endswith(".xlsx")
    report = import_customers(io.BytesIO(answer.data), None, False, "customers.xlsx", NOW)
    assert (report.rows, report.unchanged, report.refused_count) == (2, 2, 0)


def test_a_viewer_does_not_export(app):
    a_client(app, "viewer").get("/customers.csv", status=403)
    a_client(app, "viewer").get("/customers.xlsx", status=403)
