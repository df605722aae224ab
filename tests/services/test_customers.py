"""Customers one by one and in small lists."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from campaign_app.domain.errors import Invalid, NotFound
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.customer_lists import (
    CustomerSearch,
    all_attribute_names,
    count_customers,
    every_customer,
    list_customers,
)
from campaign_app.services.customers import (
    bulk_save,
    delete_customer,
    find_by_phone,
    find_customer,
    save_customer,
)
from campaign_app.services.opt_outs import holding_opt_outs, record_opt_out
from tests.customers_made import NOW, a_customer, a_number

LATER = NOW + timedelta(hours=1)


def saved(number: str = a_number(1), now=LATER, **values):
    return save_customer(number, values, "IN", "entered by staff", now)


def test_a_customer_is_added_once_and_then_changed(app):
    customer, is_new = saved("98765 00001", name=" Asha  Rao ", customer_tier="Gold", now=NOW)
    assert is_new and (customer.phone_number, customer.name, customer.customer_tier) == (
        a_number(1),
        "Asha Rao",
        "gold",
    )
    again, is_new = saved(location="Pune")
    assert not is_new and again.id == customer.id
    assert (again.name, again.location, again.updated_at) == ("Asha Rao", "Pune", LATER)


def test_what_is_not_given_stays_and_null_empties(app):
    a_customer(1, name="Asha", location="Pune", tags=["vip"], attributes={"points": 5, "shoe": 38})
    customer, _ = saved(location=None, tags=[], attributes={"points": None, "new": True})
    assert (customer.name, customer.location, customer.tags) == ("Asha", None, [])
    assert customer.attributes == {"shoe": 38, "new": True}


def test_a_person_may_replace_a_recorded_no_but_a_null_says_nothing(app):
    saved(opted_in=False, now=NOW)
    customer, _ = saved(opted_in=None)
    assert (customer.opted_in, customer.opted_in_at) == (False, NOW)
    customer, _ = saved(opted_in=True)
    assert (customer.opted_in, customer.opted_in_at, customer.opted_in_source) == (
        True,
        LATER,
        "entered by staff",
    )


def test_nothing_new_leaves_the_time_of_the_last_change(app):
    saved(name="Asha", now=NOW)
    customer, _ = saved(name="Asha")
    assert customer.updated_at == NOW


def test_what_is_wrong_is_said_by_field_and_nothing_is_saved(app):
    with pytest.raises(Invalid) as refusal:
        saved("N/A", name="Asha")
    assert set(refusal.value.fields) == {"phone_number"}
    with pytest.raises(Invalid) as refusal:
        saved(opted_in="perhaps", shoe=38)
    assert set(refusal.value.fields) == {"opted_in", "shoe"}
    assert find_by_phone(a_number(1)) is None


def test_a_customer_can_be_forgotten_but_not_the_opt_out(app):
    customer = a_customer(1)
    record_opt_out(a_number(1), "ours", None, None, NOW)
    assert find_customer(customer.id) is customer
    delete_customer(a_number(1))
    assert find_by_phone(a_number(1)) is None
    assert holding_opt_outs(a_number(1))
    with pytest.raises(NotFound):
        delete_customer(a_number(1))
    with pytest.raises(NotFound):
        find_customer(uuid4())


def test_many_at_once_are_answered_row_by_row(app):
    a_customer(1, name="Asha", opted_in=False)
    answer = bulk_save(
        [
            {"phone_number": a_number(1), "name": "", "opted_in": True, "location": "Pune"},
            {"phone_number": a_number(2), "tags": ["vip"], "attributes": {"points": 5}},
            {"phone_number": f" {a_number(2)} ", "name": "Ravi"},
            {"phone_number": "12"},
            {"name": "nobody"},
            {"phone_number": a_number(3), "shoe": 38},
            "no object",
        ],
        "IN",
        "token shop",
        NOW,
    )
    assert (answer.added, answer.duplicates) == (1, 2)
    assert [row.index for row in answer.invalid] == [3, 4, 5, 6]
    assert "too short" in answer.invalid[0].reason
    db.session.expire_all()
    first, second = find_by_phone(a_number(1)), find_by_phone(a_number(2))
    assert (first.name, first.location, first.opted_in) == ("Asha", "Pune", False)
    assert (second.name, second.tags, second.attributes) == ("Ravi", ["vip"], {"points": 5})
    assert db.session.scalar(select(func.count()).select_from(Customer)) == 2


def test_more_than_a_thousand_at_once_are_refused(app):
    with pytest.raises(Invalid, match="at most 1,000"):
        bulk_save([{}] * 1001, "IN", "token shop", NOW)


def test_the_list_comes_in_pages_that_show_everybody_once(app):
    for place in range(7):
        a_customer(place)
    seen, after = [], None
    while True:
        page = list_customers(CustomerSearch(), after, limit=3)
        seen += [customer.phone_number for customer in page.customers]
        after = page.next_after
        if after is None:
            break
    assert sorted(seen) == [a_number(place) for place in range(7)]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (CustomerSearch(), {1, 2, 3}),
        (CustomerSearch(name="JOSÉ"), {1}),
        (CustomerSearch(name="o'b"), {1}),
        (CustomerSearch(name="%"), set()),
        (CustomerSearch(digits="500002"), {2}),
        (CustomerSearch(digits="0_0"), set()),
        (CustomerSearch(tier="GOLD"), {1, 2}),
        (CustomerSearch(location="são paulo"), {2}),
        (CustomerSearch(tag="VIP"), {1, 3}),
        (CustomerSearch(tier="gold", tag="vip"), {1}),
    ],
)
def test_the_list_can_be_narrowed(app, search, found):
    a_customer(1, name="José O'Brien", customer_tier="gold", tags=["vip"])
    a_customer(2, name="Ravi", customer_tier="gold", location="São Paulo", tags=["new"])
    a_customer(3, tags=["a", "Vip"])
    numbers = {customer.phone_number for customer in list_customers(search).customers}
    assert numbers == {a_number(place) for place in found}
    assert count_customers(search, 100) == len(found)


def test_every_customer_is_exported_once_over_several_pages(app, monkeypatch):
    monkeypatch.setattr("campaign_app.services.customer_lists.EXPORTED_AT_ONCE", 2)
    for place in range(5):
        a_customer(place, attributes={f"detail {place % 2}": "x"})
    db.session.commit()
    assert len({customer.phone_number for customer in every_customer(CustomerSearch())}) == 5
    assert all_attribute_names() == ["detail 0", "detail 1"]
