"""The people behind each number of a campaign, page by page, in the order of sending."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, select, union_all

from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient

EXPORT_CHUNK = 2000

# What a number counts -> the statuses that it can be found in, and what must hold besides. `sent`, `delivered` and `read`
# are cumulative, and a person who failed later stays among those who were reached.
_BEHIND: dict[str, tuple[tuple[str, ...], ColumnElement[bool] | None]] = {
    "sent": (("sent", "delivered", "read", "failed"), Recipient.sent_at.is_not(None)),
    "delivered": (("delivered", "read", "failed"), Recipient.delivered_at.is_not(None)),
    "read": (("read", "failed"), Recipient.read_at.is_not(None)),
    "failed": (("failed",), None),
    "pending": (("pending", "queued"), Recipient.unconfirmed_at.is_(None)),
    "unconfirmed": (("queued",), Recipient.unconfirmed_at.is_not(None)),
    "skipped": (("skipped",), None),
    "replied": ((), Recipient.replied_at.is_not(None)),  # by an index of its own, whatever the status
}
NUMBERS = tuple(_BEHIND)


def people_behind(campaign_id: UUID, number: str | None, after: int = 0, limit: int = 50) -> list[Recipient]:
    """Recipients that `number` (one of NUMBERS, None: everybody) counts, from the position behind `after` on."""
    mine = select(Recipient).where(Recipient.campaign_id == campaign_id, Recipient.position > after)
    if number is None:
        return list(db.session.scalars(mine.order_by(Recipient.position).limit(limit)))
    statuses, besides = _BEHIND[number]
    if not statuses:
        return list(db.session.scalars(mine.where(besides).order_by(Recipient.position).limit(limit)))
    # One part for each status: each reads its own stretch of the index, and stops at the limit.
    parts = []
    for status in statuses:
        part = select(Recipient.id, Recipient.position).where(
            Recipient.campaign_id == campaign_id, Recipient.status == status, Recipient.position > after
        )
        if besides is not None:
            part = part.where(besides)
        parts.append(select(part.order_by(Recipient.position).limit(limit).subquery()))
    ids = union_all(*parts).subquery()
    wanted = select(ids.c.id).order_by(ids.c.position).limit(limit)
    found = select(Recipient).where(Recipient.id.in_(wanted)).order_by(Recipient.position)
    return list(db.session.scalars(found))


def recipients_with_status(campaign_id: UUID, status: str | None, after: int, limit: int) -> list[Recipient]:
    """Recipients that stand in `status` itself (None: all), from the position behind `after` on."""
    mine = select(Recipient).where(Recipient.campaign_id == campaign_id, Recipient.position > after)
    if status is not None:
        mine = mine.where(Recipient.status == status)
    return list(db.session.scalars(mine.order_by(Recipient.position).limit(limit)))


def every_recipient(campaign_id: UUID, number: str | None = None) -> Iterator[Recipient]:
    """All of them, read in chunks, so that a million fits into little memory. Ends its transaction between the chunks."""
    after = 0
    while page := people_behind(campaign_id, number, after, EXPORT_CHUNK):
        yield from page
        after = page[-1].position
        db.session.expunge_all()
        db.session.rollback()
