"""Customers one by one and in small lists: found, saved, deleted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from campaign_app.domain.customer_merge import changed_values, merge_rows
from campaign_app.domain.customer_values import COLUMNS, clean_customer
from campaign_app.domain.errors import Invalid, NotFound
from campaign_app.domain.phone import parse_phone
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.consents import record_consents
from campaign_app.services.customer_writes import Written, hold_other_lists, write_customers

MOST_AT_ONCE = 1000
_KEYS = frozenset((*COLUMNS, "attributes"))


@dataclass(frozen=True)
class InvalidCustomer:
    """A row that cannot be taken; `index` counts from 0."""

    index: int
    phone_number: str
    reason: str


@dataclass(frozen=True)
class SavedCustomers:
    """added + duplicates + invalid = the rows given; duplicates were known before, or came twice, and were merged."""

    added: int
    duplicates: int
    invalid: list[InvalidCustomer] = field(default_factory=list)


def find_customer(customer_id: UUID) -> Customer:
    """Raises NotFound."""
    customer = db.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def find_by_phone(phone_number: str) -> Customer | None:
    """`phone_number` is E.164 with `+`."""
    return db.session.scalar(select(Customer).where(Customer.phone_number == phone_number))


def read_number(phone_number: Any, default_country: str | None) -> str:
    """The number as E.164. Raises Invalid with the field."""
    try:
        return parse_phone(phone_number, default_country)
    except Invalid as error:
        raise Invalid(error.sentence, {"phone_number": [error.sentence]}) from None


def save_customer(
    phone_number: str, values: Mapping[str, Any], default_country: str | None, source: str, now: datetime
) -> tuple[Customer, bool]:
    """Add or change one customer; true when it was added. Keys not given stay as they are, null empties.

    A null for `opted_in` says nothing: a recorded answer is only replaced by another. Raises Invalid with fields.
    """
    number = read_number(phone_number, default_country)
    cleaned = clean_customer(
        {key: value for key, value in values.items() if key != "phone_number"}, default_country
    )
    is_new = find_by_phone(number) is None
    if is_new:
        document = json.dumps({"phone_number": number, **cleaned})
        write_customers({number: document}, lambda _number: source, now, Written())
    customer = db.session.scalar(select(Customer).where(Customer.phone_number == number).with_for_update())
    known = {name: getattr(customer, name) for name in _KEYS}
    for name, value in changed_values(known, cleaned, explicit=True).items():
        setattr(customer, name, value)
        if name == "opted_in":
            customer.opted_in_at, customer.opted_in_source = now, source[:200]
            record_consents([(number, value, source)], now)
        customer.updated_at = now
        flag_modified(
            customer, "updated_at"
        )  # also when `now` is what it was, or the column's own clock would set it
    db.session.flush()
    return customer, is_new


def delete_customer(phone_number: str) -> None:
    """Forget a customer; opt-outs of the number stay. Raises NotFound."""
    customer = find_by_phone(phone_number)
    if customer is None:
        raise NotFound("There is no such customer.")
    db.session.delete(customer)
    db.session.flush()


def bulk_save(
    rows: Sequence[Mapping[str, Any]], default_country: str | None, source: str, now: datetime
) -> SavedCustomers:
    """Add or merge at most MOST_AT_ONCE customers; rows that cannot be taken are answered with their reason.

    As in a file, a "yes" never lifts a recorded "no". Raises Invalid when there are too many.
    """
    if len(rows) > MOST_AT_ONCE:
        sentence = f"Send at most {MOST_AT_ONCE:,} customers at once."
        raise Invalid(sentence, {"customers": [sentence]})
    invalid: list[InvalidCustomer] = []
    wanted: dict[str, dict[str, Any]] = {}
    for index, row in enumerate(rows):
        try:
            cleaned = _row(row, default_country)
        except Invalid as error:
            number = row.get("phone_number") if isinstance(row, Mapping) else None
            invalid.append(InvalidCustomer(index, str(number or "")[:40], error.sentence))
            continue
        number = cleaned["phone_number"]
        wanted[number] = merge_rows(wanted[number], cleaned) if number in wanted else cleaned
    hold_other_lists()
    written = Written()
    documents = {number: json.dumps(values) for number, values in wanted.items()}
    write_customers(documents, lambda _number: source, now, written)
    return SavedCustomers(written.added, len(rows) - len(invalid) - written.added, invalid)


def _row(row: Any, default_country: str | None) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise Invalid("A customer is an object with a phone_number.")
    cleaned = clean_customer({"phone_number": None, **row}, default_country)
    # an empty field of a list says nothing, as in a file
    return {key: value for key, value in cleaned.items() if value is not None and value != [] and value != {}}
