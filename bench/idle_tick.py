"""A tick of the sender with nothing due, with a few and with many finished campaigns behind it: it must cost the same.

Run: python -m bench.idle_tick  (20 million recipients and their messages take some 30 GB and an hour to fill in; fewer by
`--recipients`, which finished campaigns a tick never looks at)
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import String, cast, func, insert, literal, select, text, type_coerce

from bench.common import Figure, app_on, fresh_database, kinds, parser, report
from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.sender import Sender

FEW = 10
DAYS = 40  # of each campaign's plan
LONG_AGO = datetime(2025, 3, 1, 10, tzinfo=UTC)


def main() -> None:
    options = parser(__doc__.split("\n")[0], rounds=200)
    options.add_argument("--campaigns", type=int, default=2000, help="finished campaigns")
    options.add_argument("--recipients", type=int, default=10_000, help="of each campaign")
    chosen = options.parse_args()
    figures = [figure(kind, chosen) for kind in kinds(chosen.database)]
    few, many = f"{FEW} finished campaigns", f"{chosen.campaigns:,} finished campaigns"
    report(f"A tick with nothing due, {chosen.recipients:,} recipients in each campaign", many, few, figures)


def figure(kind: str, chosen) -> Figure:
    with fresh_database(kind) as url, app_on(url, PROCESS_INTERVAL_SECONDS="1"):
        first = finished_campaign(chosen.recipients)
        for number in range(1, FEW):
            copy_of(first, number)
        few = tick_time(chosen.rounds)
        for number in range(FEW, chosen.campaigns):
            copy_of(first, number)
        many = tick_time(chosen.rounds)
    return Figure(f"one tick, {kind}", f"{1000 * many:.2f} ms", f"{1000 * few:.2f} ms", f"{many / few:.2f} ×")


def tick_time(rounds: int) -> float:
    """Seconds, the median of `rounds` ticks."""
    tidy()
    lease = LeaseHolder(SENDER_LEASE, 3600)
    assert lease.hold()
    sender = Sender(lease)
    times = []
    for _ in range(rounds + 5):
        began = time.perf_counter()
        sender.run()
        times.append(time.perf_counter() - began)
        db.session.remove()
    lease.release()
    return statistics.median(times[5:])


def tidy() -> None:
    """The databases' own upkeep, which in production has long been done."""
    db.session.remove()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    else:
        with db.engine.connect() as connection:
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def finished_campaign(recipients: int) -> dict:
    """One that everybody has received; the values of its row."""
    campaign = Campaign(
        name="Finished", template_name="sale", status="completed", completed_at=utc_now(), launched_at=utc_now(),
        started_at=utc_now(), total_target_customers=recipients, messages_sent=recipients, messages_delivered=recipients,
    )  # fmt: skip
    db.session.add(campaign)
    db.session.flush()
    shared = {"campaign_id": campaign.id, "status": "delivered", "attempt": 1}
    people, messages = [], []
    for place in range(1, recipients + 1):
        number, (person, message) = f"+91{9_000_000_000 + place}", (new_id(), new_id())
        times = {
            "sent_at": LONG_AGO,
            "delivered_at": LONG_AGO,
            "created_at": LONG_AGO,
            "updated_at": LONG_AGO,
        }
        common = {**shared, **times, "phone_number": number, "whatsapp_message_id": f"wamid.{message.hex}"}
        people.append(
            {**common, "id": person, "position": place, "message_id": message, "next_try_at": LONG_AGO}
        )
        messages.append(
            {**common, "id": message, "recipient_id": person, "send_date": LONG_AGO.date(),
             "authorised_at": LONG_AGO, "lease_epoch": 1}
        )  # fmt: skip
    db.session.execute(insert(Recipient), people)
    db.session.execute(insert(Message), messages)
    write_days(campaign.id, recipients)
    db.session.commit()
    return {column.name: getattr(campaign, column.name) for column in Campaign.__table__.columns}


def write_days(campaign_id, recipients: int) -> None:
    each = max(1, recipients // DAYS)
    rows = [
        {
            "campaign_id": campaign_id, "send_date": LONG_AGO.date() + timedelta(days=ahead), "batch_size": each,
            "messages_authorised": each, "messages_sent": each, "messages_remaining": 0, "status": "completed",
        }
        for ahead in range(DAYS)
    ]  # fmt: skip
    db.session.execute(insert(SendBatch), rows)


def copy_of(first: dict, number: int) -> None:
    """Another finished campaign with the same people, made by the database."""
    campaign_id = new_id()
    db.session.execute(insert(Campaign.__table__).values({**first, "id": campaign_id}))
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL statement_timeout = 0"))
    place = Recipient.position
    _copy(Recipient, {"id": _id(1, number, place), "campaign_id": campaign_id, "message_id": _id(2, number, place),
                      "whatsapp_message_id": _wamid(number, place)}, first)  # fmt: skip
    _copy(Message, {"id": _id(2, number, place), "campaign_id": campaign_id, "recipient_id": _id(1, number, place),
                    "whatsapp_message_id": _wamid(number, place)}, first)  # fmt: skip
    write_days(campaign_id, first["total_target_customers"])
    db.session.commit()


def _copy(model, changed: dict, first: dict) -> None:
    columns = list(model.__table__.columns)
    wanted = [
        type_coerce(changed[column.name], column.type).label(column.name)
        if column.name in changed and not isinstance(changed[column.name], UUID)
        else literal(changed[column.name], column.type)
        if column.name in changed
        else column
        for column in columns
    ]
    source = select(*wanted).where(model.campaign_id == first["id"])
    if model is Message:
        source = source.join(Recipient, Recipient.id == Message.recipient_id)
    db.session.execute(
        insert(model.__table__).from_select(
            [column.name for column in columns], source, include_defaults=False
        )
    )


def _id(kind: int, number: int, place):
    """Ids that follow one another, as those of the app do."""
    front = f"{kind:04x}{number:012x}"
    if db.engine.dialect.name == "postgresql":
        return cast(literal(front).concat(func.lpad(func.to_hex(place), 16, "0")), Recipient.id.type)
    return literal(front).concat(func.printf("%016x", place))


def _wamid(number: int, place):
    return literal(f"wamid.{number}.", String).concat(cast(place, String))


if __name__ == "__main__":
    main()
