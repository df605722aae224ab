"""Customers by phone number: listing, showing, replacing, deleting, and many at once."""

from uuid import UUID

from flask import Blueprint, Response, current_app, url_for

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid, NotFound
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.audit import record
from campaign_app.services.customer_replacement import customers_in_order, replace_customer
from campaign_app.services.customers import bulk_save, delete_customer, find_by_phone
from campaign_app.web.access import requires
from campaign_app.web.api.answers import AddedAnswer, CustomerAnswer, Page
from campaign_app.web.api.authentication import actor
from campaign_app.web.api.bodies import CustomerReplacement, NewCustomers
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import read_body
from campaign_app.web.api.json_output import json_answer
from campaign_app.web.api.operations import operation
from campaign_app.web.api.paging import PageQuery, page, read_cursor, read_query
from campaign_app.web.api.phone_numbers import known_number, number_of_address
from campaign_app.web.api.representation import customer_json

blueprint = Blueprint("customers", __name__, url_prefix="/customers")


@blueprint.get("")
@requires(Role.VIEWER)
@operation("List customers", Page[CustomerAnswer], query=PageQuery)
def index():
    """In the order in which they were added."""
    query = read_query(PageQuery)
    after = read_cursor(query.cursor, UUID)[0] if query.cursor else None
    customers = customers_in_order(after, query.limit + 1)
    return json_answer(page(customers, query.limit, lambda row: [row.id], customer_json))


@blueprint.get("/<phone:phone_number>")
@requires(Role.VIEWER)
@operation("Show a customer", CustomerAnswer)
def show(phone_number: str):
    return json_answer(customer_json(_find(phone_number)))


@blueprint.put("/<phone:phone_number>")
@requires(Role.STAFF)
@operation(
    "Add or replace a customer", CustomerAnswer, body=CustomerReplacement, answers_too=(201,), located=True
)
def replace(phone_number: str):
    """201 when the customer is new. What the body leaves out is emptied, but for `opted_in`: a recorded answer stays unless
    another one is given."""
    values = read_body(CustomerReplacement).given()
    number = number_of_address(phone_number)
    _check_same(number, values.pop("phone_number", None))
    now = utc_now()
    customer, is_new = replace_customer(number, values, None, actor(), now)
    record(actor(), "customer.added" if is_new else "customer.edited", "customer", customer.id, None, now)
    answer = customer_json(customer)
    db.session.commit()
    location = url_for("api.customers.show", phone_number=number)
    return json_answer(answer, 201, location) if is_new else json_answer(answer)


@blueprint.delete("/<phone:phone_number>")
@requires(Role.STAFF)
@operation("Delete a customer", None, status=204)
def delete(phone_number: str):
    """Opt-outs of the number stay, and so does what was sent to it."""
    customer = _find(phone_number)
    record(actor(), "customer.deleted", "customer", customer.id)
    delete_customer(customer.phone_number)
    db.session.commit()
    return Response(status=204)


@blueprint.post("/bulk")
@requires(Role.STAFF)
@operation("Add or merge many customers", AddedAnswer, body=NewCustomers, conflicts=True)
def bulk():
    """Up to 1,000 at once. Known customers are merged and count as `duplicates`: what a row leaves out stays, and a yes never
    lifts a recorded no."""
    rows = read_body(NewCustomers).given()["customers"]
    saved = bulk_save(rows, current_app.config["SETTINGS"].default_country, actor(), utc_now())
    invalid = [
        {"index": row.index, "phone_number": row.phone_number, "reason": row.reason} for row in saved.invalid
    ]
    return commit_once({"added": saved.added, "duplicates": saved.duplicates, "invalid": invalid})


def _find(phone_number: str) -> Customer:
    number = known_number(phone_number)
    customer = find_by_phone(number) if number else None
    if customer is None:
        raise NotFound("There is no customer with this number.")
    return customer


def _check_same(number: str, stated: str | None) -> None:
    try:
        same = stated is None or parse_phone(stated, current_app.config["SETTINGS"].default_country) == number
    except Invalid:
        same = False
    if not same:
        sentence = "This is another number than that of the address."
        raise Invalid(sentence, {"phone_number": [sentence]})
