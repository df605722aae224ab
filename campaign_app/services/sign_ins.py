"""Signing in: slow enough for whoever guesses, the same answer for every failure, and no account that strangers can lock."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from campaign_app.domain.passwords import LONGEST
from campaign_app.extensions import db
from campaign_app.models.user import SignInAttempt, User
from campaign_app.services.audit import record
from campaign_app.services.passwords import hash_of, hash_of_nobody, matches, needs_new_hash

ATTEMPTS = 5
WINDOW = timedelta(minutes=15)


class TooManyAttempts(Exception):
    """Five wrong passwords within a quarter of an hour, for this account from this address."""


def sign_in(email: str, password: str, address: str, now: datetime) -> User | None:
    """The user, or None whatever was wrong: unknown, disabled, wrong password. Raises TooManyAttempts without a look at it.

    Owns its short transactions: none is open while the password is hashed. The attempt is written before it is judged, so
    that parallel guesses count each other.
    """
    email = email.strip().lower()[:254]
    attempt = SignInAttempt(email=email, address=address[:64], at=now)
    db.session.add(attempt)
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - timedelta(days=1)))
    db.session.commit()
    if _attempts_within(attempt, now) > ATTEMPTS:
        db.session.delete(attempt)
        db.session.commit()
        raise TooManyAttempts
    user = db.session.scalar(select(User).where(User.email == email))
    stored_hash = user.password_hash if user is not None else hash_of_nobody()
    db.session.commit()
    is_right = matches(password[: LONGEST + 1], stored_hash)
    new_hash = hash_of(password) if is_right and needs_new_hash(stored_hash) else stored_hash
    if user is None or not is_right or not user.is_enabled:
        return None
    user.password_hash = new_hash
    user.last_signed_in_at = now
    db.session.execute(
        delete(SignInAttempt).where(SignInAttempt.email == email, SignInAttempt.address == attempt.address)
    )
    record(user.email, "signed in", "user", user.id, None, now)
    db.session.commit()
    return user


def _attempts_within(attempt: SignInAttempt, now: datetime) -> int:
    return db.session.scalar(
        select(func.count())
        .select_from(SignInAttempt)
        .where(
            SignInAttempt.email == attempt.email,
            SignInAttempt.address == attempt.address,
            SignInAttempt.at > now - WINDOW,
        )
    )
