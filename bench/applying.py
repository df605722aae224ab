"""Statuses applied a second, from the stored webhook to the committed counters, against a bare executemany of the same
guarded updates.

The floor writes, for each status, the rows that the applier must write, column for column: the message and its recipient
(guarded: only upwards, only to an earlier time, only in the latest attempt), the event (once), and the body's state (once).
One executemany by the bare driver for each of the four tables, a commit for as many statuses as the app takes, as durable. It
parses nothing, reads nothing, and moves no counter.

Run: python -m bench.applying
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator
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
from campaign_app.services.webhook_batches import STATUSES_AT_ONCE, apply_waiting
from campaign_app.services.webhook_inbox import Arrival, store_all

STATUSES = ("sent", "delivered", "read")


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument(
        "--messages", type=int, default=4_000, help="messages, each with sent, delivered and read"
    )
    options.add_argument(
        "--per-body", type=int, nargs="*", default=[1, 20], help="statuses in one webhook body"
    )
    options.add_argument(
        "--cpu",
        action="store_true",
        help="by this process's own processor time, which other work on the machine disturbs less",
    )
    chosen = options.parse_args()
    clock = time.process_time if chosen.cpu else time.perf_counter
    figures = [
        figure(kind, chosen.messages, per_body, chosen.rounds, clock)
        for kind in kinds(chosen.database)
        for per_body in chosen.per_body
    ]
    report("Applying statuses", "applied", "bare guarded updates", figures)


def figure(kind: str, messages: int, per_body: int, rounds: int, clock: Callable[[], float]) -> Figure:
    with fresh_database(kind) as url, app_on(url):
        campaign = SentCampaign(messages, per_body, clock)
        ours, floor = in_turn(rounds, campaign.apply, campaign.update_bare)
    return Figure.of_rates(f"applying, {per_body} a webhook, {kind}", ours, floor)


class SentCampaign:
    """A campaign whose messages have all been accepted by WhatsApp, and the statuses that come then."""

    def __init__(self, messages: int, per_body: int, clock: Callable[[], float] = time.perf_counter):
        self._messages = messages
        self._per_body = per_body
        self._clock = clock
        self._sent_at = utc_now() - timedelta(minutes=10)
        self._ids: list[tuple[UUID, UUID]] = []  # message, recipient

    def apply(self) -> float:
        """Statuses a second through the app's own applier; every counter is recounted afterwards."""
        self.prepare()
        began = self._clock()
        while apply_waiting():
            pass
        seconds = self._clock() - began
        assert self._read() == self._messages and mismatches() == []
        return self._messages * len(STATUSES) / seconds

    def update_bare(self) -> float:
        """Statuses a second by the floor."""
        self.prepare()
        steps = list(self._bare_steps())
        sqlite = db.engine.dialect.name == "sqlite"
        connection = db.engine.raw_connection()
        cursor = connection.cursor()
        began = self._clock()
        for statements in steps:
            if sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            for sql, rows in statements:
                cursor.executemany(sql, rows)
            cursor.execute("COMMIT") if sqlite else connection.commit()
        seconds = self._clock() - began
        connection.close()
        assert self._read() == self._messages
        written = select(func.count()).select_from(WebhookEvent).where(WebhookEvent.state == "applied")
        assert db.session.scalar(written) == len(list(self._bodies()))
        return self._messages * len(STATUSES) / seconds

    def _read(self) -> int:
        read = select(func.count()).select_from(Recipient).where(Recipient.status == "read")
        return db.session.scalar(read)

    def _bare_steps(self) -> Iterator[list[tuple[str, list]]]:
        """For each transaction the statements with their rows."""
        bodies = iter(db.session.scalars(select(WebhookEvent.id).order_by(WebhookEvent.received_at)).all())
        db.session.rollback()
        now = _at(utc_now())
        for step, status in enumerate(STATUSES):
            at = _at((self._sent_at + timedelta(seconds=step)).replace(microsecond=0))
            for start in range(0, len(self._ids), STATUSES_AT_ONCE):
                some = self._ids[start : start + STATUSES_AT_ONCE]
                done = [(now, _key(id_)) for id_ in itertools.islice(bodies, -(-len(some) // self._per_body))]
                yield [*_bare_updates(status, at, now, some), (_marked(BARE_BODY), done)]

    def prepare(self) -> None:
        """The campaign, its messages, and the bodies waiting in the inbox."""
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
        for bodies in _in_parts(list(self._bodies()), 500):
            arrivals = [Arrival(body, utc_now()) for body in bodies]
            store_all(db.session.connection().connection.driver_connection, arrivals)
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


# By WhatsApp's time, cut to the second, it was sent a moment before our own clock says that it was accepted.
BARE_UPDATES = {
    "sent": ("sent_at = ?", "sent_at > ?"),
    "delivered": ("status = 'delivered', delivered_at = ?", "status IN ('queued', 'sent')"),
    "read": ("status = 'read', read_at = ?", "status IN ('queued', 'sent', 'delivered')"),
}
BARE_EVENT = """INSERT INTO message_events (message_id, status, happened_at, received_at, pricing_category, pricing_type, billable)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
BARE_BODY = "UPDATE webhook_events SET state = 'applied', applied_at = ? WHERE id = ? AND state = 'waiting'"


def _bare_updates(status: str, at, now, ids: list[tuple[UUID, UUID]]) -> list[tuple[str, list]]:
    change, guard = BARE_UPDATES[status]
    price = ", pricing_category = ?, pricing_type = ?" if status == "sent" else ""
    priced = ("marketing", "regular") if price else ()
    guarded = (at,) if "?" in guard else ()
    return [
        (
            _marked(f"UPDATE whatsapp_messages SET {change}{price}, updated_at = ? WHERE id = ? AND {guard}"),
            [(at, *priced, now, _key(message_id), *guarded) for message_id, _ in ids],
        ),
        (
            _marked(
                f"UPDATE campaign_recipients SET {change}, updated_at = ? WHERE id = ? AND message_id = ? AND {guard}"
            ),
            [(at, now, _key(recipient_id), _key(message_id), *guarded) for message_id, recipient_id in ids],
        ),
        (
            _marked(BARE_EVENT),
            [(_key(message_id), status, at, now, "marketing", "regular", True) for message_id, _ in ids],
        ),
    ]


def _marked(sql: str) -> str:
    return sql if db.engine.dialect.name == "sqlite" else sql.replace("?", "%s")


def _at(instant: datetime):
    return instant.strftime("%Y-%m-%d %H:%M:%S.%f") if db.engine.dialect.name == "sqlite" else instant


def _in_parts(items: list, most: int) -> Iterator[list]:
    return (items[start : start + most] for start in range(0, len(items), most))


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
