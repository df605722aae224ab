"""Replacing a customer as a whole, for callers who keep the customers themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaign_app.models.customer import Customer
from campaign_app.services.customers import find_by_phone, save_customer

EMPTY = {"name": None, "customer_tier": None, "location": None, "language": None, "tags": []}


def replace_customer(
    phone_number: str, values: Mapping[str, Any], default_country: str | None, source: str, now: datetime
) -> tuple[Customer, bool]:
    """Add a customer, or make the known one equal to `values`; true when it was added.

    What `values` leaves out is emptied, but for `opted_in`: a recorded answer stays unless another is given.
    Raises Invalid with fields.
    """
    customer, is_new = save_customer(phone_number, {**EMPTY, **values}, default_country, source, now)
    customer.attributes = {
        name: customer.attributes[name] for name in _given_names(values) if name in customer.attributes
    }
    return customer, is_new
