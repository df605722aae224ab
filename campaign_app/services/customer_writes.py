"""Customers written many at a time: new ones inserted, known ones merged, each counted as what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import OperationalError

from campaign_app.domain.customer_merge import changed_values
from campaign_app.domain.errors import Conflict
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.consents import record_consents
from campaign_app.services.counters import insert_for
from campaign_app.services.erased_numbers import hold_back_erased

CHUNK = 2000  # customers of one statement: a bind value each in the question for the known ones
_LOCK = 7_206_511  # any number of ours
_NEW = {"name": None, "customer_tier": None, "location": None, "language": None, "tags": [], "attributes": {}}
_MERGED = (*_NEW, "opted_in", "opted_in_at", "opted_in_source")


@dataclass
class Written:
    """`kept_refusals` are those of the changed and unchanged whose recorded "no" a "yes" of the list did not lift."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept_refusals: int = 0


def hold_other_lists() -> None:
    """Let no other list of customers be written until the transaction ends: two of them could wait in a circle."""
    if db.engine.dialect.name != "postgresql":
        return  # SQLite has but one writer
    try:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    except OperationalError:
        db.session.rollback()
        raise Conflict(
            "Another list of customers is being written just now. Try again in a minute."
        ) from None


def write_customers(
    rows: Sequence[dict[str, Any]],
    sources: Sequence[str],
    now: datetime,
    written: Written,
    dry_run: bool = False,
) -> None:
    """Write at most CHUNK cleaned rows, each number once, and count them in `written`.

    `sources` says for each row where it comes from: it is kept with the consent. With `dry_run` it only counts.
    """
    fresh = {row["phone_number"]: (row, source) for row, source in zip(rows, sources, strict=True)}
    known = _known(list(fresh), lock=not dry_run)
    missing = [_new(*fresh[number], now) for number in fresh if number not in known]
    written.added += len(missing)
    if missing and not dry_run:
        raced = _insert(missing)
        written.added -= len(raced)
        known |= raced
        _keep_answers([row for row in missing if row["phone_number"] not in raced], now)
        hold_back_erased([row["phone_number"] for row in missing], now)
    changed, answered = [], []
    for number, customer in known.items():
        values, source = fresh[number]
        changes = changed_values(customer, values)
        written.kept_refusals += customer["opted_in"] is False and values.get("opted_in") is True
        if changes:
            after = _after(customer, changes, source, now)
            changed.append({"customer_id": customer["id"], **after})
            if "opted_in" in changes:
                answered.append({"phone_number": number, **after})
    written.changed += len(changed)
    written.unchanged += len(known) - len(changed)
    if changed and not dry_run:
        table = Customer.__table__
        columns = {
            column: bindparam(column, type_=table.c[column].type) for column in (*_MERGED, "updated_at")
        }
        _keep_answers(answered, now)
        by_id = table.c.id == bindparam("customer_id", type_=table.c.id.type)
        db.session.execute(update(table).where(by_id).values(columns), changed)


def _keep_answers(rows: list[dict[str, Any]], now: datetime) -> None:
    """Add the answers of new and changed customers to their history."""
    said = [row for row in rows if row["opted_in"] is not None]
    record_consents(((row["phone_number"], row["opted_in"], row["opted_in_source"]) for row in said), now)


def _insert(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Insert the rows; those whose number somebody else inserted in this very moment come back as known."""
    # Row by row through one small statement: a statement with thousands of values costs the driver more than the database.
    insert = insert_for(Customer.__table__).on_conflict_do_nothing(index_elements=["phone_number"])
    inserted = db.session.execute(insert, rows, execution_options={"preserve_rowcount": True}).rowcount
    if inserted == len(rows):
        return {}
    ours = {row["id"] for row in rows}
    there = _known([row["phone_number"] for row in rows])
    return {number: customer for number, customer in there.items() if customer["id"] not in ours}


def _known(numbers: list[str], lock: bool = True) -> dict[str, dict[str, Any]]:
    columns = (Customer.id, Customer.phone_number, *(getattr(Customer, name) for name in _MERGED))
    question = select(*columns).where(Customer.phone_number.in_(numbers))
    if lock:
        question = question.with_for_update()
    return {row["phone_number"]: dict(row) for row in db.session.execute(question).mappings()}


def _new(values: dict[str, Any], source: str, now: datetime) -> dict[str, Any]:
    row = {**_NEW, "opted_in": None, **values, "id": new_id(), "created_at": now, "updated_at": now}
    row["attributes"] = {name: value for name, value in row["attributes"].items() if value is not None}
    consent = row["opted_in"] is not None
    return {
        **row,
        "opted_in_at": now if consent else None,
        "opted_in_source": source[:200] if consent else None,
    }


def _after(customer: dict[str, Any], changes: dict[str, Any], source: str, now: datetime) -> dict[str, Any]:
    after = {name: customer[name] for name in _MERGED} | changes | {"updated_at": now}
    if "opted_in" in changes:
        after |= {"opted_in_at": now, "opted_in_source": source[:200]}
    return after
