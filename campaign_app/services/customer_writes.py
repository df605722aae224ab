"""Customers written many at a time: new ones inserted, known ones merged, each counted as what happened to it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import OperationalError

from campaign_app.domain.customer_merge import changed_values
from campaign_app.domain.errors import Conflict
from campaign_app.domain.ids import new_ids
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.types import UtcDateTime
from campaign_app.services.consents import record_consents
from campaign_app.services.customer_columns import on_postgresql
from campaign_app.services.erased_numbers import hold_back_erased
from campaign_app.services.many_rows import is_one_of

CHUNK = 2000  # customers of one statement
_LOCK = 7_206_511  # any number of ours
_TEXTS = ("name", "customer_tier", "location", "language")
_MERGED = (*_TEXTS, "tags", "attributes", "opted_in", "opted_in_at", "opted_in_source")

# Customers from one document [[id, source, values], …]: to hand over a bind value for each cell takes longer than the INSERT.
_INSERT_ON_SQLITE = text("""
    INSERT INTO customers (id, phone_number, name, customer_tier, location, language, tags, attributes, opted_in,
        opted_in_at, opted_in_source, created_at, updated_at)
    SELECT value ->> 0, value ->> '$[2].phone_number', value ->> '$[2].name', value ->> '$[2].customer_tier',
        value ->> '$[2].location', value ->> '$[2].language', coalesce(value -> '$[2].tags', '[]'),
        coalesce(value -> '$[2].attributes', '{}'), value ->> '$[2].opted_in',
        CASE WHEN value ->> '$[2].opted_in' IS NOT NULL THEN :now END, value ->> 1, :now, :now
    FROM json_each(:rows) WHERE true ON CONFLICT (phone_number) DO NOTHING
""").bindparams(bindparam("now", type_=UtcDateTime()))
_INSERT_ON_POSTGRESQL = text("""
    INSERT INTO customers (id, phone_number, name, customer_tier, location, language, tags, attributes, opted_in,
        opted_in_at, opted_in_source, created_at, updated_at)
    SELECT CAST(one ->> 0 AS uuid), one -> 2 ->> 'phone_number', one -> 2 ->> 'name', one -> 2 ->> 'customer_tier',
        one -> 2 ->> 'location', one -> 2 ->> 'language', coalesce(one -> 2 -> 'tags', '[]'),
        coalesce(one -> 2 -> 'attributes', '{}'), CAST(one -> 2 ->> 'opted_in' AS boolean),
        CASE WHEN one -> 2 ->> 'opted_in' IS NOT NULL THEN CAST(:now AS timestamptz) END, one ->> 1,
        CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS each(one) ON CONFLICT (phone_number) DO NOTHING
""").bindparams(bindparam("now", type_=UtcDateTime()))


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
    rows: Mapping[str, str],
    source_of: Callable[[str], str],
    now: datetime,
    written: Written,
    dry_run: bool = False,
) -> None:
    """Write at most CHUNK customers, and count them in `written`. `rows`: phone number -> cleaned values as a JSON object.

    `source_of` says for a number where its values come from: it is kept with the consent. With `dry_run` it only counts.
    """
    known = _known(rows, lock=not dry_run)
    missing = {number: row for number, row in rows.items() if number not in known}
    written.added += len(missing)
    if missing and not dry_run:
        raced = _insert(missing, source_of, now)
        written.added -= len(raced)
        known |= raced
        hold_back_erased(missing, now)
    changed, answered = [], []
    for number, customer in known.items():
        values = json.loads(rows[number])
        changes = changed_values(customer, values)
        written.kept_refusals += customer["opted_in"] is False and values.get("opted_in") is True
        if changes:
            after = _after(customer, changes, source_of(number), now)
            changed.append({"customer_id": customer["id"], **after})
            if "opted_in" in changes:
                answered.append((number, after["opted_in"], after["opted_in_source"]))
    written.changed += len(changed)
    written.unchanged += len(known) - len(changed)
    if changed and not dry_run:
        table = Customer.__table__
        columns = {
            column: bindparam(column, type_=table.c[column].type) for column in (*_MERGED, "updated_at")
        }
        record_consents(answered, now)
        by_id = table.c.id == bindparam("customer_id", type_=table.c.id.type)
        db.session.execute(update(table).where(by_id).values(columns), changed)


def _insert(
    missing: Mapping[str, str], source_of: Callable[[str], str], now: datetime
) -> dict[str, dict[str, Any]]:
    """Insert new customers, and their answers into the history; those whose number somebody else inserted in this very moment
    come back as known."""
    ids, documents, answers = new_ids(len(missing)), [], []
    for new_id, (number, row) in zip(ids, missing.items(), strict=True):
        if "null" in row:
            row = json.dumps(_without_empty(json.loads(row)))
        source = "null"
        if '"opted_in"' in row and (answer := json.loads(row).get("opted_in")) is not None:
            answers.append((number, answer, source_of(number)[:200]))
            source = json.dumps(answers[-1][2])
        documents.append(f'["{new_id}",{source},{row}]')
    statement = _INSERT_ON_POSTGRESQL if on_postgresql() else _INSERT_ON_SQLITE
    given = {"rows": f"[{','.join(documents)}]", "now": now}
    inserted = db.session.execute(statement, given).rowcount
    raced = {}
    if inserted != len(missing):
        ours = set(ids)
        there = _known(missing)
        raced = {number: customer for number, customer in there.items() if customer["id"].hex not in ours}
    record_consents((answer for answer in answers if answer[0] not in raced), now)
    return raced


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """For a new customer None says nothing."""
    filled = {name: value for name, value in values.items() if value is not None}
    if "attributes" in filled:
        filled["attributes"] = {
            name: value for name, value in filled["attributes"].items() if value is not None
        }
    return filled


def _known(numbers: Iterable[str], lock: bool = True) -> dict[str, dict[str, Any]]:
    columns = [Customer.__table__.c[name] for name in ("id", "phone_number", *_MERGED)]
    question = select(*columns).where(is_one_of(Customer.__table__.c.phone_number, list(numbers)))
    if lock:
        question = question.with_for_update()
    return {row["phone_number"]: dict(row) for row in db.session.execute(question).mappings()}


def _after(customer: dict[str, Any], changes: dict[str, Any], source: str, now: datetime) -> dict[str, Any]:
    after = {name: customer[name] for name in _MERGED} | changes | {"updated_at": now}
    if "opted_in" in changes:
        after |= {"opted_in_at": now, "opted_in_source": source[:200]}
    return after
