"""How the sending number stands, read in one question: its row, whether a sender runs, and whether WhatsApp is silent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select

from campaign_app.extensions import db
from campaign_app.models.lease import Lease
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.leases import SENDER_LEASE
from campaign_app.services.number import number_id
from campaign_app.services.restored_copy import on_hold
from campaign_app.services.silence import first_unanswered, is_too_early, newest_webhook


@dataclass(frozen=True)
class AccountState:
    """`silent_since` is as in `silence.silent_since`; `webhook_at` is when the newest webhook came."""

    number: SendingNumber
    sender_runs: bool
    webhook_at: datetime | None
    silent_since: datetime | None
    is_on_hold: bool  # a restored copy that waits for an admin


def account_state(now: datetime) -> AccountState:
    """What concerns every campaign at once. The number's row is a new one where the database does not hold it yet."""
    lease = select(Lease.expires_at).where(Lease.name == SENDER_LEASE).scalar_subquery()
    one = select(literal(1).label("one")).subquery()
    row = select(SendingNumber, lease, newest_webhook(), first_unanswered(now), on_hold()).select_from(
        one.outerjoin(SendingNumber, SendingNumber.phone_number_id == number_id())
    )
    number, expires_at, webhook_at, unanswered_at, is_on_hold = db.session.execute(row).one()
    return AccountState(
        number=number or SendingNumber(phone_number_id=number_id()),
        sender_runs=expires_at is not None and expires_at > now,
        webhook_at=webhook_at,
        silent_since=None if is_too_early(webhook_at, now) else unanswered_at,
        is_on_hold=is_on_hold,
    )
