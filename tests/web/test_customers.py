"""The pages of the customers."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.services.customers import find_by_phone
from campaign_app.services.opt_outs import record_opt_out
from tests.customers_made import NOW, a_customer, a_number
from tests.page_checks import a_client


def the_customer(place: int = 1):
    db.session.rollback()
    return find_by_phone(a_number(place))


def test_an_empty_list_says_what_to_do(app):
    page = a_client(app, "staff").get("/customers").text
    assert "No customer yet" in page and "/customers/import" in page


def test_the_list_shows_customers_and_can_be_narrowed(app):
    a_customer(1, name="<b>José</b>", customer_tier="gold", tags=["vip"], opted_in=False)
    a_customer(2, name="Ravi", location="São Paulo")
    db.session.commit()
    client = a_client(app, "viewer")
    page = client.get("/customers").text
    assert "&lt;b&gt;José&lt;/b&gt;" in page and "Ravi" in page and "2 customers" in page
    page = client.get("/customers?location=s%C3%A3o+paulo").text
    assert "Ravi" in page and "José" not in page
    assert "No customer fits" in client.get("/customers?name=nobody").text


def test_a_name_searched_for_goes_into_the_address(app):
    answer = a_client(app, "viewer").post("/customers/search", {"search": "José", "tier": "gold"})
    assert (answer.status_code, answer.location) == (303, "/customers?name=Jos%C3%A9&tier=gold")


@pytest.mark.parametrize("typed", [a_number(1), "98765 00001", "0098765-00001".replace("0098", "098")])
def test_a_whole_number_leads_to_its_customer_and_never_into_an_address(app, typed):
    customer = a_customer(1, name="Asha")
    db.session.commit()
    answer = a_client(app, "viewer").post("/customers/search", {"search": typed})
    assert (answer.status_code, answer.location) == (303, f"/customers/{customer.id}")


def test_a_part_of_a_number_lists_whom_it_fits_and_no_address_holds_it(app):
    for place in range(60):
        a_customer(place)
    db.session.commit()
    answer = a_client(app, "viewer").post("/customers/search", {"search": "98765 0000"}, status=200)
    assert "10 customers fit the search" in answer.text
    assert not any("98765" in part.split('"')[0] for part in answer.text.split('href="')[1:])
    answer = a_client(app, "viewer").post("/customers/search", {"search": "98765"}, status=200)
    assert "These are the first 50" in answer.text


def test_the_list_has_pages(app):
    for place in range(60):
        a_customer(place, name=f"Customer {place}.")
    db.session.commit()
    client = a_client(app, "viewer")
    page = client.get("/customers").text
    address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    following = client.get(address).text
    assert page.count("/customers/0") + following.count("/customers/0") >= 60
    assert "Start of the list" in following
    client.get("/customers?after=nonsense")


def test_a_customer_is_added_changed_and_deleted_by_hand(app):
    client = a_client(app, "staff")
    fields = {
        "phone_number": "98765 00001", "name": "Asha", "customer_tier": "Gold", "tags": "vip, new", "opted_in": "yes",
        "attributes": "points: 120\nshop: Pune: West",
    }  # fmt: skip
    answer = client.post("/customers/new", fields, status=303)
    customer = the_customer()
    assert answer.location == f"/customers/{customer.id}"
    assert (customer.customer_tier, customer.tags, customer.opted_in) == ("gold", ["vip", "new"], True)
    assert customer.attributes == {"points": "120", "shop": "Pune: West"}
    page = client.get(answer.location).text
    assert "entered by staff@example.com" in page and "Pune: West" in page
    form = client.get(f"/customers/{customer.id}/edit").text
    assert "points: 120" in form
    client.post(
        f"/customers/{customer.id}/edit", {"name": "Asha Rao", "attributes": "points: 121"}, status=303
    )
    customer = the_customer()
    assert (customer.name, customer.customer_tier, customer.attributes) == (
        "Asha Rao",
        None,
        {"points": "121"},
    )
    assert customer.opted_in is True, "an empty answer does not remove a recorded one"
    client.post(f"/customers/{customer.id}/delete", status=303)
    assert the_customer() is None
    deeds = [
        action for action in db.session.scalars(select(AuditEntry.action)) if action.startswith("customer.")
    ]
    assert sorted(deeds) == ["customer.added", "customer.deleted", "customer.edited"]


def test_a_number_in_the_details_that_nobody_touched_stays_a_number(app):
    customer = a_customer(1, attributes={"points": 120, "a: b": "c"})
    db.session.commit()
    client = a_client(app, "staff")
    client.post(
        f"/customers/{customer.id}/edit", {"name": "Asha", "attributes": "a: b: d\npoints: 120"}, status=303
    )
    assert the_customer().attributes == {"points": 120, "a: b": "d"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Enter the phone number."),
        ({"phone_number": "N/A"}, "This is not a phone number."),
        ({"phone_number": a_number(1)}, "There is a customer with this number already."),
        ({"phone_number": a_number(2), "name": "x" * 201}, "This is longer than 200 characters."),
        ({"phone_number": a_number(2), "attributes": "nonsense"}, "“nonsense” is not a detail"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_saved(app, fields, sentence):
    a_customer(1)
    db.session.commit()
    answer = a_client(app, "staff").post("/customers/new", fields, status=422)
    assert sentence in answer.text
    assert the_customer(2) is None


def test_the_page_of_a_customer_says_why_nobody_writes_to_them(app):
    customer = a_customer(1, opted_in=False, opted_in_at=NOW, opted_in_source="list.csv, line 7")
    record_opt_out(a_number(1), "meta", None, "WhatsApp", NOW)
    db.session.commit()
    page = a_client(app, "staff").get(f"/customers/{customer.id}").text
    assert "Not written to" in page and "list.csv, line 7" in page
    assert "Stopped in WhatsApp" in page and "Lifted only in WhatsApp" in page


def test_a_viewer_reads_and_changes_nothing(app):
    customer = a_customer(1)
    db.session.commit()
    client = a_client(app, "viewer")
    page = client.get(f"/customers/{customer.id}").text
    assert "Record the opt-out" not in page and "/edit" not in page
    client.get("/customers/new", status=403)
    for path in ("new", f"{customer.id}/edit", f"{customer.id}/delete", "import"):
        client.post(f"/customers/{path}", {"phone_number": a_number(2)}, status=403)
    assert the_customer(1) is not None and the_customer(2) is None


def test_a_customer_that_is_not_there_is_a_404(app):
    a_client(app, "staff").get("/customers/00000000-0000-0000-0000-000000000000", status=404)
