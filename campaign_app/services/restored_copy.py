"""A restored copy of the database sends nothing until an admin says so: what went out after it was made, it does not know."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import BigInteger, ColumnElement, and_, exists, func, literal_column, or_, select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.installation import THE_ONE, Installation
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WaitingStatus
from campaign_app.services import audit
from campaign_app.services.counters import insert_for

REPORTS_READ = 5000  # statuses of messages that this copy does not know
CHUNK = 500


@dataclass(frozen=True)
class RestoredCopy:
    """`copied_at`: when the copy was made; not exact where somebody restored it by another way than ours, then it was at that
    time or later. None: nothing had been sent when it was made."""

    copied_at: datetime | None
    is_exact: bool


@dataclass(frozen=True)
class AtStake:
    """A campaign that was under way when the copy was made: `pending` stand as waiting, of whom `reported` have got a message
    since that this copy does not know, as WhatsApp's statuses say."""

    campaign: Campaign
    pending: int
    reported: int


def on_hold() -> ColumnElement[bool]:
    """Whether this is a restored copy that still waits, in SQL: asked in the transaction that authorises a send."""
    waits = Installation.copied_at.is_not(None)
    if db.engine.dialect.name == "postgresql":
        came_from_a_dump = and_(
            Installation.table_number.is_not(None), Installation.table_number != _table_number()
        )
        waits = or_(waits, came_from_a_dump)
    return exists(select(Installation.id).where(waits))


def restored_copy() -> RestoredCopy | None:
    """None on a database that is live."""
    copied_at = db.session.execute(
        select(Installation.copied_at).where(Installation.id == THE_ONE, on_hold())
    ).first()
    if copied_at is None:
        return None
    if copied_at[0] is not None:
        return RestoredCopy(copied_at[0], True)
    newest = select(func.max(Message.authorised_at)).where(Message.refused_at.is_(None))
    return RestoredCopy(db.session.scalar(newest), False)


def mark_restored(copied_at: datetime | None, now: datetime) -> None:
    """Hold sending back. `copied_at` None: as the copy says itself, else now. The caller commits."""
    known = db.session.scalar(select(Installation.copied_at).where(Installation.id == THE_ONE))
    _set(copied_at=known or copied_at or now, restored_at=now)
    audit.record("command line", "database.restored", "database", None, None, now)


def campaigns_at_stake(copy: RestoredCopy) -> list[AtStake]:
    """The campaigns under way whose waiting people may have got the message already."""
    under_way = select(Campaign).where(
        Campaign.status == CampaignStatus.ACTIVE, Campaign.messages_pending > 0, _launched_before(copy)
    )
    campaigns = list(db.session.scalars(under_way.order_by(Campaign.created_at)))
    reported = _reported_numbers()
    return [
        AtStake(campaign, campaign.messages_pending, _pending_among(campaign, reported))
        for campaign in campaigns
    ]


def let_go_on(actor: str, now: datetime) -> int:
    """Sending is allowed again; the campaigns at stake are paused, and asked for one by one. Returns how many these are.

    Raises Conflict. The caller commits.
    """
    copy = restored_copy()
    if copy is None:
        raise Conflict("This is no restored copy any more: somebody let it go on already.")
    at_stake = campaigns_at_stake(copy)
    for one in at_stake:
        paused = update(Campaign).where(
            Campaign.id == one.campaign.id, Campaign.status == CampaignStatus.ACTIVE
        )
        db.session.execute(
            paused.values(status=CampaignStatus.PAUSED, status_reason=_reason(one, copy), updated_at=now)
        )
    number = _table_number() if db.engine.dialect.name == "postgresql" else None
    _set(copied_at=None, table_number=number)
    details = {"copied_at": copy.copied_at and copy.copied_at.isoformat(), "campaigns_paused": len(at_stake)}
    audit.record(actor, "database.let_go_on", "database", None, details, now)
    return len(at_stake)


def _launched_before(copy: RestoredCopy) -> ColumnElement[bool]:
    """What was launched on the copy itself is known whole."""
    if copy.copied_at is None or not copy.is_exact:
        return Campaign.launched_at.is_not(None)
    return Campaign.launched_at <= copy.copied_at + timedelta(seconds=1)


def _reason(one: AtStake, copy: RestoredCopy) -> str:
    zone = current_app.config["SETTINGS"].zone
    when = f"of {copy.copied_at.astimezone(zone):%Y-%m-%d %H:%M %Z}" if copy.copied_at else "of unknown age"
    known = (
        f" WhatsApp reports a message of which this copy does not know for {one.reported:,} of them."
        if one.reported
        else ""
    )
    return (
        f"It stands as in a restored copy {when}. Of the {one.pending:,} people who stand as waiting, some may have got the "
        f"message after that, and would get it again.{known} Resume it only if that may be."
    )


def _reported_numbers() -> set[str]:
    """Numbers to which messages went out of which this copy does not know: their statuses wait for them."""
    waiting = select(WaitingStatus.status).order_by(WaitingStatus.first_seen_at.desc()).limit(REPORTS_READ)
    found = (status.get("recipient_id") for status in db.session.scalars(waiting))
    return {f"+{number.lstrip('+')}" for number in found if isinstance(number, str) and number}


def _pending_among(campaign: Campaign, numbers: set[str]) -> int:
    listed, pending = sorted(numbers), 0
    for start in range(0, len(listed), CHUNK):
        counted = select(func.count()).where(
            Recipient.campaign_id == campaign.id,
            Recipient.phone_number.in_(listed[start : start + CHUNK]),
            Recipient.status == "pending",
        )
        pending += db.session.scalar(counted)
    return pending


def _table_number() -> ColumnElement[int]:
    return literal_column("to_regclass('marketing_campaigns')::oid::bigint", BigInteger)


def _set(**values) -> None:
    statement = insert_for(Installation.__table__).values(id=THE_ONE, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
    db.session.expire_all()
