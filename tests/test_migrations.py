"""Migrations: one line of them, numbered by hand, up and down on both databases, and in agreement with the models."""

import ast
import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Uuid, bindparam, create_engine, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.ids import new_id
from campaign_app.domain.message_status import MessageStatus
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.analytics import HourlyAnalytics
from campaign_app.models.api_token import ApiToken
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.opt_out import OPT_OUT_KINDS, OptOut
from campaign_app.models.recipient import RECIPIENT_STATUSES, Recipient
from campaign_app.models.send_schedule import BATCH_STATUSES, SendBatch
from campaign_app.models.types import UtcDateTime
from campaign_app.models.user import User
from campaign_app.models.webhook_event import WEBHOOK_STATES, WebhookEvent
from campaign_app.schema import MIGRATIONS, head, schema_fault
from campaign_app.services.api_tokens import TOKEN_ROLES
from campaign_app.services.recount import mismatches, repair
from campaign_app.services.send_outcomes import settle
from campaign_app.services.status_updates import apply_statuses
from tests.databases import an_app, empty_postgresql
from tests.makers import NOON, a_campaign, sent_out
from tests.services.test_status_updates import FAILED, READ, a_status, accepted

FILES = sorted((MIGRATIONS / "versions").glob("*.py"))


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def test_there_is_one_head_and_one_line_that_leads_to_it():
    line = [script.revision for script in scripts().walk_revisions()]
    assert scripts().get_heads() == [head()] == line[:1]
    assert len(line) == len(FILES)


def test_they_are_numbered_by_hand_without_a_gap():
    numbers = [script.revision for script in scripts().walk_revisions()][::-1]
    assert numbers == [f"{place:04}" for place in range(1, len(numbers) + 1)]
    assert all(
        re.fullmatch(rf"{number}_[a-z0-9_]+\.py", file.name)
        for number, file in zip(numbers, FILES, strict=True)
    )


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_migration_imports_nothing_of_the_app(file):
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= {"alembic", "sqlalchemy", "datetime", "json", "secrets", "uuid"}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_app(request, tmp_path):
    """The app on a database without any table."""
    app = an_app(
        f"sqlite:///{tmp_path / 'empty.db'}"
        if request.param == "sqlite"
        else empty_postgresql("migrated_up_and_down")
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_from_nothing_to_head_and_back_and_to_head_again(empty_app):
    ours = set(db.metadata.tables)
    for move, expected in ((upgrade, ours), (downgrade, set()), (upgrade, ours)):
        move(directory=str(MIGRATIONS), revision="head" if move is upgrade else "base")
        assert tables() == expected
    assert schema_fault(empty_app) is None


def test_the_way_back_works_with_rows_in_every_table_that_counts(empty_app):
    upgrade(directory=str(MIGRATIONS))
    sent_out(a_campaign(), 3)
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert tables() == set()


def test_webhooks_from_before_a_migration_are_still_there_after_it(empty_app):
    upgrade(directory=str(MIGRATIONS), revision="0001")
    add = text(
        "INSERT INTO webhook_events (id, sha256, body, received_at, state)"
        " VALUES (:id, :sha256, :body, :at, 'waiting')"
    ).bindparams(bindparam("id", type_=Uuid()), bindparam("at", type_=UtcDateTime()))
    for body in (b"one", b"two"):
        row = {"id": new_id(), "sha256": hashlib.sha256(body).hexdigest(), "body": body, "at": NOON}
        db.session.execute(add, row)
    db.session.commit()
    upgrade(directory=str(MIGRATIONS))
    assert db.session.scalars(select(WebhookEvent.body).order_by(WebhookEvent.id)).all() == [b"one", b"two"]
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="0001")
    assert len(set(db.session.scalars(text("SELECT sha256 FROM webhook_events")))) == 2


def test_what_campaigns_have_sent_before_a_migration_is_counted_by_the_hour(empty_app):
    upgrade(directory=str(MIGRATIONS))
    messages = sent_out(a_campaign(), 4)
    settle([accepted(message) for message in messages[:3]], NOON)
    apply_statuses([a_status(messages[0], READ), a_status(messages[1], FAILED)], NOON)
    later = select(Recipient.__table__.c.id).where(Recipient.message_id == messages[2]["id"])
    db.session.execute(
        update(Recipient.__table__).where(Recipient.id.in_(later)).values(read_at=NOON + timedelta(days=3))
    )
    db.session.commit()
    repair()
    db.session.commit()
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="0002")
    upgrade(directory=str(MIGRATIONS))
    assert db.session.execute(
        select(
            HourlyAnalytics.__table__.c[
                "hour", "messages_sent", "messages_delivered", "messages_read", "messages_failed"
            ]
        )
    ).all() == [(NOON, 3, 1, 1, 1)]
    assert mismatches() == []


def test_models_and_migrations_agree(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences = [
            one for one in compare_metadata(context, db.metadata) if not _is_default_of_another_spelling(one)
        ]
    assert differences == []


def _is_default_of_another_spelling(difference) -> bool:
    return isinstance(difference, list) and all(part[0] == "modify_default" for part in difference)


def test_every_index_of_the_models_exists(app):
    """Autogenerate sees no index on an expression, and neither does the inspector on SQLite."""
    there = "SELECT name FROM sqlite_master WHERE type = 'index'"
    if db.engine.dialect.name == "postgresql":
        there = "SELECT indexname FROM pg_indexes"
    names = set(db.session.scalars(text(there)))
    assert {index.name for table in db.metadata.tables.values() for index in table.indexes} <= names


def test_every_check_of_the_models_exists(app):
    """Autogenerate sees no CHECK at all."""
    inspector = inspect(db.engine)
    for name, table in db.metadata.tables.items():
        checks = [one for one in table.constraints if isinstance(one, CheckConstraint)]
        wanted = {str(one.name): str(one.sqltext) for one in checks}
        there = {str(one["name"]): one["sqltext"] for one in inspector.get_check_constraints(name)}
        assert wanted.keys() == there.keys(), name
        if db.engine.dialect.name == "sqlite":  # PostgreSQL keeps them in its own words
            assert wanted == there, name


def stored_one_by_one(model, column: str, values, **fields) -> None:
    """Every one of `values` can be stored, and no other word."""
    for value in values:
        row = {name: make() if callable(make) else make for name, make in fields.items()}
        db.session.add(model(**row, **{column: str(value)}))
        db.session.flush()
    row = {name: make() if callable(make) else make for name, make in fields.items()}
    db.session.add(model(**row, **{column: "nonsense"}))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_every_state_of_a_campaign_can_be_stored(app):
    stored_one_by_one(Campaign, "status", CampaignStatus, name="x", template_name="x")


def test_every_status_of_recipients_messages_and_batches_can_be_stored(app):
    campaign_id = a_campaign().id
    numbers = iter(f"+91980000{place:04}" for place in range(100))
    stored_one_by_one(
        Recipient,
        "status",
        RECIPIENT_STATUSES,
        campaign_id=campaign_id,
        phone_number=lambda: next(numbers),
        position=1,
    )
    assert {str(status) for status in MessageStatus} < set(RECIPIENT_STATUSES)

    recipient_id = sent_out(db.session.get(Campaign, campaign_id), 1)[0]["recipient_id"]
    attempts = iter(range(2, 100))
    stored_one_by_one(
        Message, "status", [status for status in MessageStatus if status != "pending"], campaign_id=campaign_id, recipient_id=recipient_id,
        attempt=lambda: next(attempts), phone_number="+919800000000", send_date=NOON.date(), authorised_at=NOON, lease_epoch=1,
    )  # fmt: skip

    days = iter(NOON.replace(day=day).date() for day in range(11, 30))
    stored_one_by_one(
        SendBatch,
        "status",
        BATCH_STATUSES,
        campaign_id=campaign_id,
        send_date=lambda: next(days),
        batch_size=1,
    )


def test_every_other_word_that_is_checked_can_be_stored(app):
    stored_one_by_one(WebhookEvent, "state", WEBHOOK_STATES, fingerprint=lambda: new_id().bytes, body=b"")
    numbers = iter(f"+91980000{place:04}" for place in range(100))
    stored_one_by_one(OptOut, "kind", OPT_OUT_KINDS, phone_number=lambda: next(numbers))
    stored_one_by_one(User, "role", Role, email=lambda: new_id().hex, password_hash="x")
    stored_one_by_one(ApiToken, "role", TOKEN_ROLES, name="x", token_sha256=lambda: new_id().hex)


def test_times_are_kept_with_their_zone(app):
    campaign = a_campaign(scheduled_start_date=NOON)
    campaign_id = campaign.id
    db.session.expunge_all()
    assert db.session.scalar(select(Campaign.scheduled_start_date).where(Campaign.id == campaign_id)) == NOON
    with pytest.raises(Exception, match="naive time"):
        a_campaign(scheduled_start_date=NOON.replace(tzinfo=None))


def test_a_new_sqlite_file_is_in_wal_mode_and_keeps_foreign_keys(empty_app):
    upgrade(directory=str(MIGRATIONS))
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has neither pragma")
    asked = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}
    assert {name: db.session.scalar(text(f"PRAGMA {name}")) for name in asked} == asked
    assert Path(db.engine.url.database).exists()


def test_offline_sql_can_be_written_for_postgresql(tmp_path):
    """For administrators who apply SQL by hand."""
    app = an_app(empty_postgresql("offline"))
    with app.app_context():
        upgrade(directory=str(MIGRATIONS), sql=True)
        engine = create_engine(db.engine.url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
        db.engine.dispose()
