"""Customers for programs that keep them themselves: listed in a steady order, replaced as a whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.customer_values import clean_attributes
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.customers import save_customer

EMPTY = {
    "name": None,
    "customer_tier": None,
    "location": None,
    "language": None,
    "tags": [],
    "attributes": {},
}


def customers_in_order(after: UUID | None, limit: int) -> list[Customer]:
    """In the order in which they were added; `after` is the id of the last one seen. New ones come at the end."""
    wanted = select(Customer).order_by(Customer.id).limit(limit)
    if after is not None:
        wanted = wanted.where(Customer.id > after)
    return list(db.session.scalars(wanted))


def replace_customer(
    phone_number: str, values: Mapping[str, Any], default_country: str | None, source: str, now: datetime
) -> tuple[Customer, bool]:
    """Add a customer, or make the known one equal to `values`; true when it was added.

    What `values` leaves out is emptied, but for `opted_in`: a recorded answer stays unless another is given.
    Raises Invalid with fields.
    """
    values = {**EMPTY, **values}
    customer, is_new = save_customer(phone_number, values, default_country, source, now)
    named = clean_attributes(values["attributes"])
    kept = {name: value for name, value in customer.attributes.items() if name in named}
    if kept != customer.attributes:
        customer.attributes = kept
        customer.updated_at = now
        db.session.flush()
    return customer, is_new
