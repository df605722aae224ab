"""Signing in: slow enough for whoever guesses, the same answer for every failure, and no account that strangers can lock."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from sqlalchemy import delete, func, select

from campaign_app.domain.passwords import LONGEST
from campaign_app.extensions import db
from campaign_app.models.user import SignInAttempt, User
from campaign_app.services.audit import record
from campaign_app.services.passwords import hash_of, hash_of_nobody, matches, needs_new_hash

ATTEMPTS = 5
WINDOW = timedelta(minutes=15)
# An account that is guessed at from many addresses: each of them gets fewer tries, and its owner still gets in.
GUESSES_AT_ACCOUNT = 20
GUESSES_WINDOW = timedelta(hours=1)
ATTEMPTS_WHILE_GUESSED = 2


class TooManyAttempts(Exception):
    """Too many wrong passwords within a quarter of an hour, for this account from this address."""


def sign_in(email: str, password: str, address: str, now: datetime) -> User | None:
    """The user, or None whatever was wrong: unknown, disabled, wrong password. Raises TooManyAttempts without a look at it.

    Owns its short transactions: none is open while the password is hashed. The attempt is written before it is judged, so
    that parallel guesses count each other.
    """
    email = email.strip().lower()[:254]
    attempt = _counted(email, address, now)
    user = db.session.scalar(select(User).where(User.email == email))
    stored_hash = user.password_hash if user is not None and user.password_hash else hash_of_nobody()
    db.session.commit()
    is_right = matches(password[: LONGEST + 1], stored_hash)
    new_hash = hash_of(password) if is_right and needs_new_hash(stored_hash) else stored_hash
    if user is None or not is_right or not user.is_enabled or not user.password_hash:
        return None
    user.password_hash = new_hash
    _forget(attempt)
    db.session.commit()
    return user


def signed_in(user: User, now: datetime) -> None:
    """Record that all that was asked for was right. The caller commits."""
    user.last_signed_in_at = now
    record(user.email, "signed in", "user", user.id, None, now)


def is_password_of(user: User, password: str, address: str, now: datetime) -> bool:
    """Whether somebody who is signed in knows the password, too. Raises TooManyAttempts.

    Owns its short transactions, as `sign_in` does.
    """
    stored_hash = user.password_hash
    attempt = _counted(user.email, address, now)
    db.session.commit()
    if not matches(password[: LONGEST + 1], stored_hash):
        return False
    _forget(attempt)
    db.session.commit()
    return True


def count_code(user_id: UUID, address: str, now: datetime) -> None:
    """Before a code is judged. Raises TooManyAttempts.

    Whoever types codes knows the password: these tries are limited for the account as a whole, too. Owns its transaction.
    """
    _counted(str(user_id), address, now, GUESSES_AT_ACCOUNT)


def forget_codes(user_id: UUID) -> None:
    """The code was right. The caller commits."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.email == str(user_id)))


def counted_address(address: str) -> str:
    """The address that guesses are counted for: of IPv6 the network, since one guesser has the whole of it.

    >>> counted_address("2001:db8:1:2:3:4:5:6"), counted_address("10.0.0.1")
    ('2001:db8:1:2::', '10.0.0.1')
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))


def _counted(email: str, address: str, now: datetime, most: int | None = None) -> SignInAttempt:
    """`most`: tries for the account from all addresses within GUESSES_WINDOW."""
    attempt = SignInAttempt(email=email, address=counted_address(address), at=now)
    db.session.add(attempt)
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - timedelta(days=1)))
    db.session.commit()
    of_account = SignInAttempt.email == email
    at_account = _count(of_account, SignInAttempt.at > now - GUESSES_WINDOW)
    allowed = ATTEMPTS if at_account <= GUESSES_AT_ACCOUNT else ATTEMPTS_WHILE_GUESSED
    of_address = SignInAttempt.address == attempt.address
    is_over = most is not None and at_account > most
    if is_over or _count(of_account, of_address, SignInAttempt.at > now - WINDOW) > allowed:
        db.session.delete(attempt)
        db.session.commit()
        raise TooManyAttempts
    return attempt


def _count(*conditions) -> int:
    return db.session.scalar(select(func.count()).select_from(SignInAttempt).where(*conditions))


def _forget(attempt: SignInAttempt) -> None:
    mine = (SignInAttempt.email == attempt.email, SignInAttempt.address == attempt.address)
    db.session.execute(delete(SignInAttempt).where(*mine))
