"""What staff must know about the account: noted from webhooks, shown until settled, dismissed, or run out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from campaign_app.extensions import db
from campaign_app.models.account_notice import AccountNotice
from campaign_app.services import audit


def note(subject: str, sentence: str, is_serious: bool, at: datetime, until: datetime | None = None) -> bool:
    """Keep the latest word about `subject`; false when a later one, or this very one, is known already. So it does not matter
    in which order and how often webhooks come, and what staff have dismissed stays dismissed."""
    return _keep(subject, at, sentence=sentence[:2000], is_serious=is_serious, until=until, cleared_at=None)


def settle(subject: str, at: datetime) -> bool:
    """WhatsApp says that it is over; false when a later word is known already."""
    return _keep(subject, at, cleared_at=at)


def open_notices(now: datetime) -> Sequence[AccountNotice]:
    """Those to show, the serious ones first, then the newest."""
    is_open = select(AccountNotice).where(
        AccountNotice.cleared_at.is_(None), or_(AccountNotice.until.is_(None), AccountNotice.until > now)
    )
    return db.session.scalars(
        is_open.order_by(
            AccountNotice.is_serious.desc(), AccountNotice.noted_at.desc(), AccountNotice.subject
        )
    ).all()


def dismiss(subject: str, actor: str, now: datetime) -> bool:
    """Staff have seen it; true when it was open."""
    seen = update(AccountNotice).where(AccountNotice.subject == subject, AccountNotice.cleared_at.is_(None))
    if not db.session.execute(seen.values(cleared_at=now)).rowcount:
        return False
    audit.record(actor, "account_notice.dismissed", "account_notice", subject[:64], None, now)
    return True


def _keep(subject: str, at: datetime, **values) -> bool:
    subject = subject[:120]
    known = db.session.get(AccountNotice, subject)
    if known is not None and at <= known.noted_at:
        return False
    if known is None:
        known = AccountNotice(subject=subject, sentence="", is_serious=False)
        db.session.add(known)
    known.noted_at = at
    for name, value in values.items():
        setattr(known, name, value)
    db.session.flush()
    return True
