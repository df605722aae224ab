"""Erasing a person everywhere: rows, raw webhooks, files. Figures stay, and that nobody writes to the number again.

Short transactions of its own; the customer's row goes last, so that an interrupted erasure can be asked for again.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import String, cast, delete, func, literal, select, update

from campaign_app.database import reading
from campaign_app.domain.tally import Standing, Tally
from campaign_app.extensions import db
from campaign_app.models.api_token import IdempotentRequest
from campaign_app.models.consent_event import ConsentEvent
from campaign_app.models.customer import Customer
from campaign_app.models.customer_import import CustomerImport
from campaign_app.models.message import Message
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WaitingStatus, WebhookEvent
from campaign_app.services import audit
from campaign_app.services.attempts import complete_finished
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.services.customer_columns import on_postgresql
from campaign_app.services.customer_imports import STAGED, UPLOAD, folder, forget_files, staged_path
from campaign_app.services.customers import find_customer
from campaign_app.services.eligibility import ERASED
from campaign_app.services.erased_numbers import remember_erased
from campaign_app.services.retries import standing_of
from campaign_app.services.shared_files import bring, shared_ids

LOOKED_AT = 2000  # raw webhooks of one question
FIRST = UUID(int=0)


def erase_customer(customer_id: UUID, actor: str, now: datetime) -> None:
    """Forget a person for good. Raises NotFound."""
    with reading():
        number = find_customer(customer_id).phone_number
        db.session.rollback()
    erase_number(number, actor, now, customer_id)


def erase_number(number: str, actor: str, now: datetime, customer_id: UUID | None = None) -> None:
    """Forget whoever has this number, also somebody who is no customer, or no longer."""
    _erase_webhooks(number.lstrip("+"))
    _erase_files(number)
    _erase_rows(number, now)
    db.session.execute(delete(Customer).where(Customer.phone_number == number))
    kind = "person" if customer_id is None else "customer"
    audit.record(actor, f"{kind}.erased", kind, customer_id, None, now)
    db.session.commit()


def _erase_webhooks(digits: str) -> None:
    """Delete raw bodies that name the number. One that still waits keeps what it says of others, without the number."""
    for ids in bodies_with(digits.encode()):
        db.session.execute(
            delete(WebhookEvent).where(WebhookEvent.id.in_(ids), WebhookEvent.state != "waiting")
        )
        for event in db.session.scalars(select(WebhookEvent).where(WebhookEvent.id.in_(ids))):
            event.body = event.body.replace(digits.encode(), b"0" * len(digits))
        db.session.commit()
    named = cast(WaitingStatus.status, String).contains(digits, autoescape=True)
    db.session.execute(delete(WaitingStatus).where(named))
    db.session.execute(
        delete(IdempotentRequest).where(
            cast(IdempotentRequest.answer, String).contains(digits, autoescape=True)
        )
    )
    db.session.commit()


def bodies_with(digits: bytes) -> Iterator[list[UUID]]:
    """The ids of the bodies that hold `digits`, looked for without the writer's lock."""
    place = (
        func.position(literal(digits).op("IN")(WebhookEvent.body))
        if on_postgresql()
        else func.instr(WebhookEvent.body, literal(digits))
    )
    after = FIRST
    while True:
        with reading():
            looked_at = (
                select(WebhookEvent.id, place.label("place"))
                .where(WebhookEvent.id > after)
                .order_by(WebhookEvent.id)
                .limit(LOOKED_AT)
            )
            rows = db.session.execute(looked_at).all()
            db.session.rollback()
        if not rows:
            return
        after = rows[-1].id
        if ids := [row.id for row in rows if row.place]:
            yield ids


def _erase_files(number: str) -> None:
    """Delete what was uploaded and read from it where the number is in it; such an import is given up, or done already."""
    for import_id in shared_ids(STAGED):
        bring(import_id, STAGED, staged_path(import_id))
    for path in folder().glob("*.staged") if folder().exists() else ():
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with suppress(sqlite3.Error):
            query = "SELECT 1 FROM staged WHERE phone_number = ? UNION SELECT 1 FROM duplicates WHERE phone_number = ?"
            if connection.execute(query, (number, number)).fetchone():
                forget_files(UUID(path.stem), UPLOAD, STAGED)
                waiting = update(CustomerImport).where(
                    CustomerImport.id == UUID(path.stem), CustomerImport.state.in_(("reading", "ready"))
                )
                db.session.execute(waiting.values(state="discarded"))
        connection.close()
    db.session.commit()


def _erase_rows(number: str, now: datetime) -> None:
    """Recipients and messages keep their place in the figures under a name of their own; nothing of them is sent any more."""
    pseudonym = f"erased-{secrets.token_hex(6)}"
    mine = select(Recipient).where(Recipient.phone_number == number)
    lock_campaigns(
        db.session.scalars(select(Recipient.campaign_id).where(Recipient.phone_number == number)).all()
    )
    people = db.session.scalars(mine).all()
    zone = current_app.config["SETTINGS"].zone
    finished = []
    for person in people:
        person.phone_number, person.customer_id, person.name = pseudonym, None, None
        person.personal_values = person.template_parameters = person.retry_at = None
        person.whatsapp_message_id = None
        if person.status == "pending":
            tally = Tally()
            tally.move(standing_of(person), Standing("skipped", replied_at=person.replied_at), zone)
            person.status, person.skipped_reason, person.updated_at = "skipped", ERASED, now
            db.session.flush()
            add_tally(person.campaign_id, tally, now)
            finished.append(person.campaign_id)
    db.session.flush()
    if finished:
        complete_finished(finished, now)
    # WhatsApp's id of a message holds the number, too
    db.session.execute(
        update(Message)
        .where(Message.phone_number == number)
        .values(phone_number=pseudonym, whatsapp_message_id=None)
        .execution_options(synchronize_session=False)
    )
    for table in (OptOut, ConsentEvent):
        db.session.execute(delete(table).where(table.phone_number == number))
    remember_erased(number, now)
