"""Who must not be written to: recorded, lifted and listed. Three kinds are kept apart; none lifts another.

meta: stopped in WhatsApp; word: wrote STOP; ours: entered by staff or through the API.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, text, tuple_, update

from campaign_app.domain.errors import Invalid, NotFound
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.opt_out import OptOut
from campaign_app.services.counters import insert_for


@dataclass(frozen=True)
class OptOutPage:
    """`next_after` is what to ask for the next page with, None on the last one."""

    opt_outs: list[OptOut]
    next_after: UUID | None


def record_opt_out(
    phone_number: str, kind: str, reason: str | None, recorded_by: str | None, now: datetime
) -> bool:
    """Record that the person opted out at `now`; true when nothing of that kind held before.

    The outcome is the same in whatever order and however often stops and lifts arrive: the latest counts, and
    of a stop and a lift in the same second the stop.
    """
    last_lifted = select(func.max(OptOut.lifted_at)).where(*_of(phone_number, kind))
    last_lifted_at = db.session.scalar(last_lifted)
    if last_lifted_at is not None and now < last_lifted_at:
        return False
    row = {
        "id": new_id(),
        "phone_number": phone_number,
        "kind": kind,
        "reason": reason,
        "recorded_by": recorded_by and recorded_by[:254],
        "opted_out_at": now,
        "created_at": now,
    }
    held = {"index_elements": ["phone_number", "kind"], "index_where": text("lifted_at IS NULL")}
    insert = insert_for(OptOut.__table__).values(row).on_conflict_do_nothing(**held)
    is_new = db.session.scalar(insert.returning(OptOut.id)) is not None
    if not is_new and kind == "meta":  # a lift between the two stops may still arrive
        holding = update(OptOut).where(
            *_of(phone_number, kind), OptOut.lifted_at.is_(None), OptOut.opted_out_at < now
        )
        db.session.execute(holding.values(opted_out_at=now))
    return is_new


def lift_opt_out(phone_number: str, kind: str, now: datetime) -> bool:
    """Let an opt-out of that kind end at `now`; true when one held. The row stays as history."""
    earlier = OptOut.opted_out_at < now if kind == "meta" else OptOut.opted_out_at <= now
    lifted = db.session.execute(
        update(OptOut)
        .where(*_of(phone_number, kind), OptOut.lifted_at.is_(None), earlier)
        .values(lifted_at=now)
    )
    if lifted.rowcount == 0 and kind == "meta" and not _is_known(phone_number, kind, now):
        # WhatsApp's webhooks come in any order: the stop that this one lifts may be yet to come
        db.session.add(
            OptOut(phone_number=phone_number, kind=kind, opted_out_at=now, lifted_at=now, created_at=now)
        )
        db.session.flush()
    return lifted.rowcount == 1


def holding_opt_outs(phone_number: str) -> list[OptOut]:
    """The opt-outs that hold for a number, the latest first."""
    holding = select(OptOut).where(OptOut.phone_number == phone_number, OptOut.lifted_at.is_(None))
    return list(db.session.scalars(holding.order_by(OptOut.opted_out_at.desc())))


def list_opt_outs(kind: str | None = None, after: UUID | None = None, limit: int = 50) -> OptOutPage:
    """The opt-outs that hold, the latest first; `after` is the id of the last one seen. Raises Invalid."""
    question = select(OptOut).where(OptOut.lifted_at.is_(None))
    if kind is not None:
        question = question.where(OptOut.kind == kind)
    if after is not None:
        last = db.session.get(OptOut, after)
        if last is None:
            raise Invalid("The page that this one follows is not known.")
        seen = tuple_(literal(last.opted_out_at, OptOut.opted_out_at.type), literal(last.id, OptOut.id.type))
        question = question.where(tuple_(OptOut.opted_out_at, OptOut.id) < seen)
    question = question.order_by(OptOut.opted_out_at.desc(), OptOut.id.desc())
    found = list(db.session.scalars(question.limit(limit + 1)))
    return OptOutPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def find_opt_out(opt_out_id: UUID) -> OptOut:
    """Raises NotFound."""
    opt_out = db.session.get(OptOut, opt_out_id)
    if opt_out is None:
        raise NotFound("There is no such opt-out.")
    return opt_out


def count_opt_outs() -> dict[str, int]:
    """How many opt-outs hold, by kind; kinds without any are left out."""
    counted = select(OptOut.kind, func.count()).where(OptOut.lifted_at.is_(None)).group_by(OptOut.kind)
    return {kind: count for kind, count in db.session.execute(counted)}


def _of(phone_number: str, kind: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return OptOut.phone_number == phone_number, OptOut.kind == kind


def _is_known(phone_number: str, kind: str, lifted_at: datetime) -> bool:
    """Whether something of that kind still holds, or was lifted as late as this."""
    later = (OptOut.lifted_at.is_(None)) | (OptOut.lifted_at >= lifted_at)
    return db.session.scalar(select(OptOut.id).where(*_of(phone_number, kind), later).limit(1)) is not None
