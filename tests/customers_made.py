"""Customers for the tests."""

from datetime import UTC, datetime

from campaign_app.extensions import db
from campaign_app.models.customer import Customer

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_number(place: int) -> str:
    """A number that exists in India's plan."""
    return f"+9198765{place:05}"


def a_customer(place: int = 1, **values) -> Customer:
    """A customer in the database; `place` chooses the number. The caller commits if it has to."""
    customer = Customer(**{"phone_number": a_number(place), "created_at": NOW, "updated_at": NOW, **values})
    db.session.add(customer)
    db.session.flush()
    return customer
