"""Customers searched, counted and listed in pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, literal, select, true

from campaign_app.domain.letter_case import fold
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.customer_columns import attribute_names, contains_any_of, is_any_of, tag_rows

EXPORTED_AT_ONCE = 2000
LOOKED_AT_FOR_NAMES = 1000


@dataclass(frozen=True)
class CustomerSearch:
    """What a list is narrowed to; all that is given must match. `digits` stand in the phone number."""

    name: str | None = None
    digits: str | None = None
    tier: str | None = None
    location: str | None = None
    tag: str | None = None

    def __bool__(self) -> bool:
        return any((self.name, self.digits, self.tier, self.location, self.tag))


@dataclass(frozen=True)
class CustomerPage:
    """`next_after` is what to ask for the next page with, None on the last one."""

    customers: list[Customer]
    next_after: UUID | None


def list_customers(search: CustomerSearch, after: UUID | None = None, limit: int = 50) -> CustomerPage:
    """The customers added last come first; `after` is the id of the last one seen."""
    question = select(Customer).where(*_conditions(search))
    if after is not None:
        question = question.where(Customer.id < after)
    found = list(db.session.scalars(question.order_by(Customer.id.desc()).limit(limit + 1)))
    return CustomerPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def count_customers(search: CustomerSearch, most: int) -> int:
    """At most `most`, so that it costs the same however many there are."""
    found = select(literal(1)).select_from(Customer).where(*_conditions(search)).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(found))


def all_attribute_names() -> list[str]:
    """The names of all free attributes that any customer has, in order."""
    names, name = attribute_names(Customer)
    return sorted(db.session.scalars(select(name).select_from(Customer).join(names, true()).distinct()))


def latest_attribute_names(most: int = 60) -> list[str]:
    """The names of free attributes among the latest customers, in order: bounded, however many customers there are."""
    latest = select(Customer.attributes).order_by(Customer.id.desc()).limit(LOOKED_AT_FOR_NAMES)
    found = {name for attributes in db.session.scalars(latest) for name in attributes or {}}
    return sorted(found, key=str.casefold)[:most]


def every_customer(search: CustomerSearch) -> Iterator[Customer]:
    """All customers of a search, read in pages, each page in a transaction of its own."""
    after: UUID | None = None
    while True:
        page = list_customers(search, after, EXPORTED_AT_ONCE)
        db.session.expunge_all()
        db.session.rollback()
        yield from page.customers
        after = page.next_after
        if after is None:
            return


def _conditions(search: CustomerSearch) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.name:
        conditions.append(contains_any_of(Customer.name, [fold(search.name)]))
    if search.digits:
        conditions.append(Customer.phone_number.contains(search.digits, autoescape=True))
    if search.tier:
        conditions.append(is_any_of(Customer.customer_tier, [fold(search.tier)]))
    if search.location:
        conditions.append(is_any_of(Customer.location, [fold(search.location)]))
    if search.tag:
        tags, tag = tag_rows(Customer)
        conditions.append(exists(select(1).select_from(tags).where(is_any_of(tag, [fold(search.tag)]))))
    return conditions
