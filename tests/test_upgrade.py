"""Upgrades keep what is there: from each earlier migration with rows in every table, and from the one before under live traffic."""

import json
import threading
import time
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest
from flask_migrate import upgrade
from sqlalchemy import inspect, select, text

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.schema import MIGRATIONS, head, schema_fault
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.passwords import hash_of
from campaign_app.services.recount import mismatches
from campaign_app.services.restored_copy import restored_copy
from campaign_app.services.sign_ins import sign_in
from tests.databases import an_app, empty_postgresql
from tests.engine import apply_all
from tests.old_rows import CAMPAIGN, DRAFT, LATER, NUMBERS, PEOPLE, ROWS, USUAL
from tests.page_checks import a_client
from tests.test_migrations import FILES

REVISIONS = [file.name[:4] for file in FILES]


@pytest.fixture(params=["sqlite", "postgresql"])
def old_app(request, tmp_path):
    """The app on a database without any table."""
    is_sqlite = request.param == "sqlite"
    app = an_app(f"sqlite:///{tmp_path / 'old.db'}" if is_sqlite else empty_postgresql("upgraded"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def stored(value):
    """As the databases keep it, without any model: the rows are those of an older version."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if db.engine.dialect.name == "sqlite":
        if isinstance(value, UUID):
            return value.hex
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        if hasattr(value, "isoformat"):
            return value.isoformat()
    return value


def fill() -> None:
    tables = {
        name: {column["name"] for column in inspect(db.engine).get_columns(name)}
        for name in inspect(db.engine).get_table_names()
    }
    with db.engine.begin() as connection:
        for table, row in ROWS:
            if table in tables:
                values = {name: value for name, value in {**USUAL, **row}.items() if name in tables[table]}
                if table == "users":
                    values["password_hash"] = hash_of("sunrise-over-mumbai")
                names = ", ".join(f'"{name}"' for name in values)
                places = ", ".join(f":{name}" for name in values)
                statement = text(f"INSERT INTO {table} ({names}) VALUES ({places})")
                connection.execute(statement, {name: stored(value) for name, value in values.items()})


def everything() -> dict[str, list[dict]]:
    """Every row of every table, as it is stored, in an order that stays."""
    with db.engine.connect() as connection:
        return {
            table: sorted(
                (dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()),
                key=lambda row: str(next(iter(row.values()))),
            )
            for table in inspect(db.engine).get_table_names()
            if table != "alembic_version"
        }


def lost(before: dict[str, list[dict]], after: dict[str, list[dict]]) -> list[str]:
    """What was there and is not, or is something else: columns that are gone by design left out."""
    faults = []
    for table, rows in before.items():
        columns = set(after[table][0]) if after[table] else set()
        kept = [{name: str(value) for name, value in row.items() if name in columns} for row in rows]
        there = (
            [
                {name: str(value) for name, value in row.items() if name in set(rows[0])}
                for row in after[table]
            ]
            if rows
            else []
        )
        faults += [f"{table}: {row}" for row in kept if row not in there]
    return faults


def test_every_table_of_today_has_a_row_of_yesterday_or_is_new():
    assert {table for table, _ in ROWS} | LATER == set(db.metadata.tables)


def test_a_row_that_goes_or_changes_is_seen():
    before = {"customers": [{"id": 1, "name": "Ananya"}, {"id": 2, "name": "Ravi"}]}
    assert (
        lost(
            before,
            {"customers": [{"id": 2, "name": "Ravi", "new": None}, {"id": 1, "name": "Ananya", "new": None}]},
        )
        == []
    )
    assert len(lost(before, {"customers": [{"id": 1, "name": "Ananya"}]})) == 1
    assert len(lost(before, {"customers": [{"id": 1, "name": "Ananya"}, {"id": 2, "name": None}]})) == 1


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_rows_from_before_each_migration_are_whole_after_it_and_the_app_works_on(old_app, revision):
    upgrade(directory=str(MIGRATIONS), revision=revision)
    fill()
    before = everything()
    upgrade(directory=str(MIGRATIONS))
    assert lost(before, everything()) == []
    assert schema_fault(old_app) is None and restored_copy() is None

    # Every counter is still the count of its rows, and the webhook that waited has its effect.
    assert mismatches() == []
    db.session.rollback()
    apply_all()
    assert db.session.get(Recipient, PEOPLE["sent"]).status == "delivered"
    assert mismatches() == []
    db.session.rollback()

    # Who waited is sent to, once.
    lease = LeaseHolder(SENDER_LEASE, 60)
    assert lease.hold() and lease.epoch == 8
    lease.authorise()
    (intent,) = claim(10, lease.epoch, AccountLimit(), utc_now())
    db.session.commit()
    assert intent.payload["to"].lstrip("+") == NUMBERS["pending"].lstrip("+")
    assert mismatches() == []
    lease.release()

    # People sign in as before, and see it.
    assert sign_in("ana@example.com", "sunrise-over-mumbai", "203.0.113.9", utc_now()) is not None
    admin = a_client(old_app, "admin")
    for page in ("/", "/campaigns", f"/campaigns/{CAMPAIGN}", f"/campaigns/{CAMPAIGN}/recipients", f"/campaigns/{CAMPAIGN}/recipients/{PEOPLE['read']}",
                 f"/campaigns/{DRAFT}", "/customers", "/templates", "/opt-outs", "/failures", "/webhooks", "/settings"):  # fmt: skip
        admin.get(page)


def test_webhooks_that_come_while_the_tables_change_are_all_there_and_nobody_waits_long(old_app):
    """As the old version stores them, by the columns that both versions have, 20 a second and more, without a pause."""
    upgrade(directory=str(MIGRATIONS), revision=REVISIONS[-2])
    fill()
    columns = "(id, fingerprint, body, received_at, state)"
    statement = text(
        f"INSERT INTO webhook_events {columns} VALUES (:id, :fingerprint, :body, :at, 'waiting')"
    )
    stop, acknowledged, slowest = threading.Event(), [], [0.0]

    def deliver() -> None:
        while not stop.is_set():
            body = b'{"n": "%s"}' % str(len(acknowledged)).encode()
            row = {
                "id": stored(new_id()),
                "fingerprint": sha256(body).digest()[:20],
                "body": body,
                "at": stored(utc_now()),
            }
            began = time.monotonic()
            while True:
                try:
                    with db.engine.begin() as connection:
                        connection.execute(statement, row)
                    break
                except Exception:  # what the webhook answers with 503, and WhatsApp delivers again
                    time.sleep(0.05)
            slowest[0] = max(slowest[0], time.monotonic() - began)
            acknowledged.append(body)
            time.sleep(0.01)

    def in_context() -> None:
        with old_app.app_context():
            deliver()

    thread = threading.Thread(target=in_context)
    thread.start()
    try:
        while len(acknowledged) < 10:
            time.sleep(0.01)
        upgrade(directory=str(MIGRATIONS))
        until = len(acknowledged) + 10
        while len(acknowledged) < until:
            time.sleep(0.01)
    finally:
        stop.set()
        thread.join()
    there = set(map(bytes, db.session.scalars(select(WebhookEvent.body))))
    assert set(acknowledged) <= there
    assert slowest[0] < 5
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == head()


def test_the_version_before_can_still_write_what_it_wrote(old_app):
    """While machines are restarted one after the other, the old version runs on the new tables: what it inserts and reads
    must be taken and be there."""
    upgrade(directory=str(MIGRATIONS), revision=REVISIONS[-2])
    was = {
        table: {column["name"] for column in inspect(db.engine).get_columns(table)}
        for table in inspect(db.engine).get_table_names()
    }
    upgrade(directory=str(MIGRATIONS))
    inspector = inspect(db.engine)
    faults = []
    for table, columns in was.items():
        now = {column["name"]: column for column in inspector.get_columns(table)}
        faults += [f"{table}.{name} is gone" for name in columns - set(now)]
        faults += [
            f"{table}.{name} must be given, and the old version does not know it"
            for name in set(now) - columns
            if not now[name]["nullable"] and now[name]["default"] is None
        ]
    assert faults == []
