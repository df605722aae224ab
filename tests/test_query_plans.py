"""What the app asks all day reads a stretch of an index, never a table from end to end, however large a campaign has become."""

from uuid import UUID

import pytest
from sqlalchemy import select, text

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.schema import head
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim, end_overdue
from campaign_app.services.failures import failed_recipients, failure_table
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.metrics import measurements
from campaign_app.services.number import change_number
from campaign_app.services.recipient_lists import NUMBERS, people_behind, recipients_with_status
from campaign_app.services.restored_copy import campaigns_at_stake, mark_restored, restored_copy
from campaign_app.services.retries import next_retry_at, retry_due
from campaign_app.services.send_outcomes import Result, mark_orphans, settle
from campaign_app.services.silence import last_webhook_at, silent_since
from campaign_app.services.webhook_inbox import store
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.engine import apply_all
from tests.query_plans import Plan, explained
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook

SMALL, LARGE = 20_000, 1_000_000
OTHERS = 10  # campaigns with a tenth of the people

# of a hundred people: how many stand in each status, one after the other
SHARES = (("pending", 40), ("sent", 10), ("delivered", 20), ("read", 24), ("failed", 5), ("skipped", 1))


def series(most: int) -> str:
    if db.engine.dialect.name == "postgresql":
        return f"generate_series(1, {most}) AS s(i)"
    return f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n) AS s"


def dialect_words() -> dict[str, str]:
    if db.engine.dialect.name == "postgresql":
        return {
            "id": "gen_random_uuid()",
            "ago": "now() - (i % 40320) * interval '1 minute'",
            "number": "'+9190' || lpad(i::text, 8, '0')",
            "print": "decode(md5(i::text) || left(md5('x' || i), 8), 'hex')",
            "body": "'{}'::bytea",
        }
    return {
        "id": "lower(hex(randomblob(16)))",
        "ago": "strftime('%Y-%m-%d %H\\:%M\\:%f', 'now', '-' || (i % 40320) || ' minutes') || '000'",
        "number": "'+9190' || substr('00000000' || i, -8)",
        "print": "randomblob(20)",
        "body": "x'7b7d'",
    }


def fill(people: int) -> tuple[UUID, UUID]:
    """A campaign of nine tenths of the people in mid-run, and others with the rest. Returns it, and one of the others."""
    now = utc_now()
    campaigns = [
        Campaign(name=f"Campaign {place}", template_name="spring", status="active", daily_send_limit=100_000, launched_at=now, started_at=now,
                 messages_pending=people // 3, total_target_customers=people)
        for place in range(OTHERS + 1)
    ]  # fmt: skip
    db.session.add_all(campaigns)
    db.session.commit()
    words, sqlite = dialect_words(), db.engine.dialect.name == "sqlite"
    ids = [one.id.hex if sqlite else str(one.id) for one in campaigns]
    which = (
        "CASE "
        + " ".join(f"WHEN i % 100 = {place} THEN {_id(ids[place])}" for place in range(1, OTHERS + 1))
        + f" ELSE {_id(ids[0])} END"
    )
    borders, status, past = [], "CASE", 0
    for name, share in SHARES:
        past += share
        borders.append((name, past))
        status += f" WHEN (i / 100 * 7) % 100 < {past} THEN '{name}'"
    status += " END"
    later = {name: f"CASE WHEN {status} IN ({inside}) THEN {words['ago']} END" for name, inside in (
        ("sent_at", "'sent','delivered','read'"), ("delivered_at", "'delivered','read'"), ("read_at", "'read'"), ("failed_at", "'failed'"))}  # fmt: skip
    run = db.session.execute
    if not sqlite:
        run(text("SET LOCAL statement_timeout = 0"))
    shared = f"{words['ago']}, {words['ago']}"
    run(text(f"""
        INSERT INTO campaign_recipients (id, campaign_id, phone_number, position, status, attempt, message_id, next_try_at, sent_at,
               delivered_at, read_at, failed_at, failure_code, retry_count, max_retries, created_at, updated_at)
        SELECT {words['id']}, {which}, {words['number']}, i, {status}, 1, {words['id']}, {words['ago']}, {later['sent_at']},
               {later['delivered_at']}, {later['read_at']}, {later['failed_at']}, CASE WHEN {status} = 'failed' THEN 131026 + (i / 2000) % 3 END, 0, 3, {shared}
          FROM {series(people)}"""))  # fmt: skip
    run(text("""
        INSERT INTO whatsapp_messages (id, campaign_id, recipient_id, attempt, phone_number, whatsapp_message_id, status, send_date,
               authorised_at, lease_epoch, sent_at, delivered_at, read_at, failed_at, failure_code, created_at, updated_at)
        SELECT message_id, campaign_id, id, 1, phone_number, 'wamid.' || phone_number, status, '2026-03-10', next_try_at, 1, sent_at,
               delivered_at, read_at, failed_at, failure_code, created_at, updated_at
          FROM campaign_recipients WHERE status NOT IN ('pending', 'skipped')"""))  # fmt: skip
    run(text(f"""
        INSERT INTO customers (id, phone_number, name, tags, attributes, created_at, updated_at)
        SELECT {words['id']}, {words['number']}, 'Ananya', '[]', '{{}}', {shared} FROM {series(people)} WHERE i % 2 = 0"""))  # fmt: skip
    run(text(f"""
        INSERT INTO webhook_events (id, fingerprint, body, received_at, state, applied_at)
        SELECT {words['id']}, {words['print']}, {words['body']}, {words['ago']}, 'applied', {words['ago']} FROM {series(people)}"""))  # fmt: skip
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return campaigns[0].id, campaigns[3].id


def _id(value: str) -> str:
    return f"'{value}'" if db.engine.dialect.name == "sqlite" else f"'{value}'::uuid"


def from_end_to_end(plans: list[Plan]) -> list[str]:
    return [
        f"{table} in:\n{plan.statement}\n{plan.lines}"
        for plan in plans
        for table, index in plan.reads
        if index is None
    ]


def indexes(plans: list[Plan]) -> set[str]:
    return {index for plan in plans for _, index in plan.reads if index}


def the_day(big: UUID, other: UUID, wamids: list[str]) -> None:
    """What the app does all day, in the order in which it does it."""
    now = utc_now()
    with_claims_and_answers(now)
    with_webhooks(wamids, now)
    with_lists(big, other)
    with_looks(big, now)


def with_claims_and_answers(now) -> None:
    lease = LeaseHolder(SENDER_LEASE, 600)
    assert lease.hold()
    lease.authorise()
    mark_orphans(lease.epoch, now)
    end_overdue(now)
    retry_due(now)
    db.session.commit()
    intents = claim(32, lease.epoch, AccountLimit(), now)
    assert len(intents) == 32
    db.session.commit()
    outcomes = [SendOutcome(SendKind.ACCEPTED, wamid=f"wamid.new{place}") for place in range(31)] + [
        SendOutcome(SendKind.UNKNOWN)
    ]
    settle(
        [Result(intent.message_id, outcome, now) for intent, outcome in zip(intents, outcomes, strict=True)],
        now,
    )
    db.session.commit()


def with_webhooks(wamids: list[str], now) -> None:
    at = str(int(now.timestamp()))
    for start in range(0, len(wamids), 20):
        statuses = [
            a_status(id=wamid, status="delivered", timestamp=at) for wamid in wamids[start : start + 20]
        ]
        statuses.append(a_status(id=f"wamid.unknown{start}", timestamp=at))
        store(a_webhook(a_change(statuses=statuses, messages=[a_message(text={"body": "Thanks"})])), now)
    db.session.commit()
    apply_all()


def with_lists(big: UUID, other: UUID) -> None:
    for campaign in (big, other):
        for number in (None, *NUMBERS):
            page = people_behind(campaign, number)
            if page:
                people_behind(campaign, number, page[-1].position)
        for status in (None, "pending", "failed"):
            recipients_with_status(campaign, status, 100, 50)
        for code in (None, 131026):
            failures = failed_recipients(campaign, code)
            failed_recipients(campaign, code, after=(failures[-1].failed_at, failures[-1].recipient_id))
        failure_table(campaign)
    everywhere = failed_recipients()
    failed_recipients(None, 131026, after=(everywhere[-1].failed_at, everywhere[-1].recipient_id))
    failure_table()


def with_looks(big: UUID, now) -> None:
    next_retry_at(now)
    silent_since(now)
    last_webhook_at()
    measurements(head(), now)
    db.session.rollback()
    mark_restored(None, now)
    campaigns_at_stake(restored_copy())
    db.session.rollback()


WANTED = {
    "ix_campaign_recipients_claim",  # who is next
    "ix_campaign_recipients_list",  # the lists of people, by status
    "ix_campaign_recipients_position",
    "ix_campaign_recipients_failed",  # failures, the latest first
    "ix_webhook_events_state_received_at",
    "ix_whatsapp_messages_moving_day",
}


def prove(people: int) -> None:
    big, other = fill(people)
    change_number(messaging_limit=100_000, limit_used=1500)
    db.session.commit()
    sent = select(Message.whatsapp_message_id).where(Message.campaign_id == big, Message.status == "sent")
    wamids = list(db.session.scalars(sent.limit(min(300, people // 500))))
    with explained() as plans:
        the_day(big, other, wamids)
    assert len(plans) > 40
    faults = from_end_to_end(plans)
    if people < LARGE:  # of few customers PostgreSQL rather reads all at once than each by the index
        faults = [fault for fault in faults if not fault.startswith("customers in:")]
    assert faults == []
    assert indexes(plans) >= WANTED
    assert by_the_primary_key_or_unique(plans)


def by_the_primary_key_or_unique(plans: list[Plan]) -> bool:
    """What is written is found by its own id."""
    updates = [plan for plan in plans if plan.statement.lstrip().upper().startswith("UPDATE") and plan.reads]
    assert updates
    return all(index is not None for plan in updates for _, index in plan.reads)


def test_at_twenty_thousand_nothing_is_read_from_end_to_end(app):
    prove(SMALL)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_at_a_million_nothing_is_read_from_end_to_end(app):
    prove(LARGE)


def test_a_table_that_is_read_from_end_to_end_is_seen(app):
    fill(2000)
    with explained() as plans:
        db.session.execute(select(Recipient.id).where(Recipient.name == "Ananya")).all()
        db.session.connection().connection.driver_connection.execute(
            "SELECT count(*) FROM whatsapp_messages WHERE failure_title = 'x'"
        ).fetchall()
        db.session.rollback()
    assert [table for plan in plans for table, index in plan.reads if index is None] == [
        "campaign_recipients",
        "whatsapp_messages",
    ]
