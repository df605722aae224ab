"""Links with which a person chooses a password: an invitation or a reset, used once, and only for some hours."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import delete, func, select, update

from campaign_app.domain.errors import Invalid
from campaign_app.domain.passwords import password_fault
from campaign_app.extensions import db
from campaign_app.models.account_link import AccountLink
from campaign_app.models.user import User
from campaign_app.services.audit import record
from campaign_app.services.mail import send_mail
from campaign_app.services.passwords import hash_of
from campaign_app.services.user_sessions import end_sessions

OWN_REQUESTS_AN_HOUR = 3
KEPT_AFTER_ITS_END = timedelta(days=30)  # so that a late click is told what became of the link

_SUBJECTS = {"invitation": "Your account of Campaign App", "reset": "A new password for Campaign App"}
_TEXTS = {
    "invitation": "{by} made an account for you. Choose your password here:\n\n{address}\n\n"
    "The link works once, for {hours} hours. If you did not expect it, do nothing.\n",
    "reset": "Choose a new password here:\n\n{address}\n\n"
    "The link works once, for {hours} hours. If you did not ask for it, do nothing: your password stays as it is.\n",
}


class LinkGone(Exception):
    """The link was used, has run out, was replaced by a newer one, or never was."""


def make_link(user: User, actor: str, now: datetime) -> str:
    """The key of a new link, which nobody can read again; links made before for the same person end. The caller commits."""
    key = secrets.token_hex(32)
    db.session.execute(
        update(AccountLink)
        .where(AccountLink.user_id == user.id, AccountLink.used_at.is_(None), AccountLink.expires_at > now)
        .values(expires_at=now)
    )
    kind = "reset" if user.password_hash else "invitation"
    db.session.add(
        AccountLink(
            user_id=user.id,
            kind=kind,
            key_sha256=_sha256(key),
            created_by=actor,
            created_at=now,
            expires_at=now + timedelta(hours=_hours()),
        )
    )
    record(actor, f"{kind} link made", "user", user.id, {"email": user.email}, now)
    return key


def link_of(key: str, now: datetime) -> AccountLink:
    """Raises LinkGone."""
    link = db.session.scalar(select(AccountLink).where(AccountLink.key_sha256 == _sha256(key)))
    if link is None or link.used_at is not None or link.expires_at <= now or not _owner(link).is_enabled:
        raise LinkGone
    return link


def owner_of_link(key: str, now: datetime) -> User:
    """Whose link it is. Raises LinkGone."""
    return _owner(link_of(key, now))


def use_link(key: str, password: str, now: datetime) -> User:
    """Set the password and end the link; the person is signed out everywhere. Raises LinkGone, Invalid with the field
    password, which leaves the link as it is.

    Owns its short transactions: none is open while the password is hashed.
    """
    link = link_of(key, now)
    link_id, email = link.id, _owner(link).email
    db.session.rollback()
    if fault := password_fault(password, email):
        raise Invalid(fault, {"password": [fault]})
    new_hash = hash_of(password)
    taken = (
        update(AccountLink)
        .where(AccountLink.id == link_id, AccountLink.used_at.is_(None), AccountLink.expires_at > now)
        .values(used_at=now)
    )
    if not db.session.execute(taken).rowcount:
        db.session.rollback()
        raise LinkGone
    user = _owner(db.session.get(AccountLink, link_id))
    user.password_hash = new_hash
    end_sessions(user)
    record(user.email, "password chosen by link", "user", user.id, None, now)
    db.session.commit()
    return user


def mail_link(user: User, address: str, actor: str) -> bool:
    """Send the link to its owner. False where no mail can be sent: then somebody has to hand it over."""
    kind = "reset" if user.password_hash else "invitation"
    text = _TEXTS[kind].format(by=actor, address=address, hours=_hours())
    recipient = user.email
    db.session.rollback()
    return send_mail(recipient, _SUBJECTS[kind], text)


def may_ask_for_link(user: User, now: datetime) -> bool:
    """Whether somebody who is not signed in may have one more link sent to this person."""
    mine = select(func.count()).where(
        AccountLink.user_id == user.id,
        AccountLink.created_by == user.email,
        AccountLink.created_at > now - timedelta(hours=1),
    )
    return user.is_enabled and db.session.scalar(mine) < OWN_REQUESTS_AN_HOUR


def prune_links(now: datetime) -> None:
    """The caller commits."""
    db.session.execute(delete(AccountLink).where(AccountLink.expires_at < now - KEPT_AFTER_ITS_END))


def _owner(link: AccountLink) -> User:
    return db.session.get(User, link.user_id)


def _hours() -> int:
    return current_app.config["SETTINGS"].account_link_hours


def _sha256(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
