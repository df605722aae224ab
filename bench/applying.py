"""Statuses applied a second, from the stored webhook to the committed counters, against a bare executemany of the same
guarded updates.

Run: python -m bench.applying
"""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, func, insert, select

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from campaign_app.domain.clock import business_day, utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.recount import mismatches
from campaign_app.services.webhook_inbox import BODIES_AT_ONCE, Arrival, apply_waiting, store_all

STATUSES = ("sent", "delivered", "read")


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument(
        "--messages", type=int, default=4_000, help="messages, each with sent, delivered and read"
    )
    options.add_argument(
        "--per-body", type=int, nargs="*", default=[1, 20], help="statuses in one webhook body"
    )
    chosen = options.parse_args()
    figures = [
        figure(kind, chosen.messages, per_body, chosen.rounds)
        for kind in kinds(chosen.database)
        for per_body in chosen.per_body
    ]
    report("Applying statuses", "applied", "bare guarded updates", figures)


def figure(kind: str, messages: int, per_body: int, rounds: int) -> Figure:
    with fresh_database(kind) as url, app_on(url):
        campaign = SentCampaign(messages, per_body)
        ours, floor = in_turn(rounds, campaign.apply, campaign.update_bare)
    return Figure.of_rates(f"applying, {per_body} a webhook, {kind}", ours, floor)


class SentCampaign:
    """A campaign whose messages have all been accepted by WhatsApp, and the statuses that come then."""

    def __init__(self, messages: int, per_body: int):
        self._messages = messages
        self._per_body = per_body
        self._sent_at = utc_now() - timedelta(minutes=10)
        self._ids: list[tuple[UUID, UUID]] = []  # message, recipient

    def apply(self) -> float:
        """Statuses a second through the app's own applier; every counter is recounted afterwards."""
        self._make()
        bodies = list(self._bodies())
        for start in range(0, len(bodies), BODIES_AT_ONCE):
            arrivals = [Arrival(body, utc_now()) for body in bodies[start : start + BODIES_AT_ONCE]]
            store_all(db.session.connection().connection.driver_connection, arrivals)
        db.session.commit()
        began = time.perf_counter()
        while apply_waiting():
            pass
        seconds = time.perf_counter() - began
        read = db.session.scalar(
            select(func.count()).select_from(Recipient).where(Recipient.status == "read")
        )
        assert read == self._messages and mismatches() == []
        return self._messages * len(STATUSES) / seconds

    def update_bare(self) -> float:
        """Statuses a second as two guarded updates each, so many in a transaction as the app takes, by the bare driver."""
        self._make()
        steps = list(_bare_updates(self._ids, self._sent_at, BODIES_AT_ONCE * self._per_body))
        connection = db.engine.raw_connection()
        cursor = connection.cursor()
        began = time.perf_counter()
        for statements in steps:
            if db.engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            for sql, rows in statements:
                cursor.executemany(sql, rows)
            cursor.execute("COMMIT") if db.engine.dialect.name == "sqlite" else connection.commit()
        seconds = time.perf_counter() - began
        connection.close()
        read = db.session.scalar(
            select(func.count()).select_from(Recipient).where(Recipient.status == "read")
        )
        assert read == self._messages
        return self._messages * len(STATUSES) / seconds

    def _make(self) -> None:
        now, at, count = utc_now(), self._sent_at, self._messages
        for table in (WebhookEvent, Message, Campaign):
            db.session.execute(delete(table))
        campaign_id, day = new_id(), business_day(at, current_app.config["SETTINGS"].zone)
        self._ids = [(new_id(), new_id()) for _ in range(count)]
        db.session.add(
            Campaign(
                id=campaign_id, name="Spring offer", template_name="greeting", status="completed", launched_at=at,
                total_target_customers=count, messages_sent=count, completed_at=at,
            )
        )  # fmt: skip
        db.session.flush()
        db.session.add(DailyAnalytics(campaign_id=campaign_id, analytics_date=day, messages_sent=count))
        db.session.add(
            SendBatch(
                campaign_id=campaign_id, send_date=day, batch_size=count, messages_authorised=count, messages_sent=count,
                status="completed",
            )
        )  # fmt: skip
        db.session.flush()
        shared = {
            "campaign_id": campaign_id,
            "status": "sent",
            "sent_at": at,
            "attempt": 1,
            "created_at": now,
            "updated_at": now,
        }
        numbered = list(enumerate(self._ids, start=1))
        db.session.execute(
            insert(Recipient),
            [
                {
                    **shared, "id": recipient_id, "message_id": message_id, "phone_number": _phone(index), "position": index,
                    "whatsapp_message_id": _wamid(message_id), "next_try_at": at,
                }
                for index, (message_id, recipient_id) in numbered
            ],
        )  # fmt: skip
        db.session.execute(
            insert(Message),
            [
                {
                    **shared, "id": message_id, "recipient_id": recipient_id, "phone_number": _phone(index),
                    "whatsapp_message_id": _wamid(message_id), "send_date": day, "authorised_at": at, "lease_epoch": 1,
                }
                for index, (message_id, recipient_id) in numbered
            ],
        )  # fmt: skip
        db.session.commit()
        db.session.remove()
        _settle_down()

    def _bodies(self) -> Iterator[bytes]:
        statuses = [
            _status(message_id, _phone(index), status, self._sent_at + timedelta(seconds=step))
            for step, status in enumerate(STATUSES)
            for index, (message_id, _) in enumerate(self._ids, start=1)
        ]
        for start in range(0, len(statuses), self._per_body):
            value = {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "919876500000", "phone_number_id": "106540352242922"},
                "statuses": statuses[start : start + self._per_body],
            }
            entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
            yield json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def _status(message_id: UUID, phone_number: str, status: str, at: datetime) -> dict:
    return {
        "id": _wamid(message_id), "status": status, "timestamp": str(int(at.timestamp())), "recipient_id": phone_number[1:],
        "biz_opaque_callback_data": str(message_id),
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
    }  # fmt: skip


def _bare_updates(
    ids: list[tuple[UUID, UUID]], sent_at: datetime, at_once: int
) -> Iterator[list[tuple[str, list]]]:
    """For each transaction the statements with their rows: message and recipient, guarded by the ladder of statuses."""
    sqlite = db.engine.dialect.name == "sqlite"
    mark = "?" if sqlite else "%s"
    lower = {"sent": "'queued'", "delivered": "'queued', 'sent'", "read": "'queued', 'sent', 'delivered'"}
    for step, status in enumerate(STATUSES):
        at = sent_at + timedelta(seconds=step)
        at = at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at
        change = (
            f"SET status = '{status}', {status}_at = coalesce({status}_at, {mark}), updated_at = {mark} "
            f"WHERE id = {mark} AND status IN ({lower[status]})"
        )
        for start in range(0, len(ids), at_once):
            some = ids[start : start + at_once]
            yield [
                (
                    f"UPDATE whatsapp_messages {change}",
                    [(at, at, _key(message_id)) for message_id, _ in some],
                ),
                (
                    f"UPDATE campaign_recipients {change} AND message_id = {mark}",
                    [(at, at, _key(recipient_id), _key(message_id)) for message_id, recipient_id in some],
                ),
            ]


def _key(id_: UUID):
    return id_.hex if db.engine.dialect.name == "sqlite" else id_


def _wamid(message_id: UUID) -> str:
    return f"wamid.{message_id.hex}"


def _phone(index: int) -> str:
    return f"+91{9_000_000_000 + index}"


def _settle_down() -> None:
    """Both sides begin with the same, clean tables."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    else:
        with db.engine.connect() as connection:
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    main()
