"""The second factor: a code of the phone that changes every 30 seconds (RFC 6238), and recovery codes for a lost phone.

The secret of a phone is not stored: it is made of a random seed in the person's row and of SECRET_KEY, so that a copy of
the database alone makes no codes. After a change of SECRET_KEY phones have to be set up anew; recovery codes go on.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp
from flask import current_app
from pyotp.utils import strings_equal
from sqlalchemy import delete, func, select, update

from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.ids import new_id
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.recovery_code import RecoveryCode
from campaign_app.models.user import User
from campaign_app.services.audit import record

ISSUER = "Campaign App"
STEP_SECONDS = 30
STEPS_ASIDE = 1  # a phone's clock may be half a minute off, and typing takes time
RECOVERY_CODES = 10


def has_second_factor(user: User) -> bool:
    return user.second_factor_since is not None


def must_have_second_factor(user: User) -> bool:
    return user.role == Role.ADMIN and current_app.config["SETTINGS"].admins_need_second_factor


def begin_second_factor(user: User) -> None:
    """A new secret for the phone, which counts from the first right code on. Raises Conflict. The caller commits."""
    if has_second_factor(user):
        raise Conflict("Your second factor is on already. Turn it off first.")
    user.second_factor_seed = secrets.token_hex(32)
    user.second_factor_last_step = None


def phone_secret(user: User) -> str:
    """What the phone keeps, in base32."""
    key = hashlib.sha256(b"second factor:" + current_app.config["SECRET_KEY"].encode()).digest()
    return base64.b32encode(
        hmac.new(key, user.second_factor_seed.encode(), hashlib.sha256).digest()[:20]
    ).decode()


def phone_address(user: User) -> str:
    """The `otpauth://` address that the phone reads as a QR code."""
    return pyotp.TOTP(phone_secret(user)).provisioning_uri(name=user.email, issuer_name=ISSUER)


def turn_on(user: User, code: str, now: datetime) -> list[str]:
    """The recovery codes, which nobody can read again. Raises Invalid for a wrong code. The caller commits."""
    if user.second_factor_seed is None or has_second_factor(user):
        raise Conflict("Begin with a new code for your phone.")
    if not _is_code_of_phone(user, code, now):
        raise Invalid("The code is not right. Enter the one that the phone shows now.")
    user.second_factor_since = now
    record(user.email, "second factor on", "user", user.id, None, now)
    return _new_recovery_codes(user)


def renew_recovery_codes(user: User, now: datetime) -> list[str]:
    """The codes from before are worth nothing any more. The caller commits."""
    record(user.email, "recovery codes renewed", "user", user.id, None, now)
    return _new_recovery_codes(user)


def turn_off(user: User, actor: str, now: datetime) -> None:
    """The caller commits."""
    if not has_second_factor(user):
        return
    user.second_factor_seed = user.second_factor_since = user.second_factor_last_step = None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    record(actor, "second factor off", "user", user.id, {"email": user.email}, now)


def is_right_code(user: User, code: str, now: datetime) -> bool:
    """Whether `code` is the phone's, or a recovery code; either works once. The caller commits."""
    if _is_code_of_phone(user, code, now):
        return True
    plain = re.sub(r"[^a-z2-7]", "", code.casefold())
    used = (
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_sha256 == _sha256(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    if not db.session.execute(used).rowcount:
        return False
    record(user.email, "recovery code used", "user", user.id, {"left": recovery_codes_left(user)}, now)
    return True


def recovery_codes_left(user: User) -> int:
    mine = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(mine)


def _is_code_of_phone(user: User, code: str, now: datetime) -> bool:
    """The UPDATE takes each step once, and never one before a step that was taken: of two equal codes at once one is right."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return False
    phone = pyotp.HOTP(phone_secret(user))
    this_step = int(now.timestamp()) // STEP_SECONDS
    for step in range(this_step - STEPS_ASIDE, this_step + STEPS_ASIDE + 1):
        if strings_equal(phone.at(step), digits):
            fresh = User.second_factor_last_step.is_(None) | (User.second_factor_last_step < step)
            taken = update(User).where(User.id == user.id, fresh).values(second_factor_last_step=step)
            return bool(db.session.execute(taken).rowcount)
    return False


def _new_recovery_codes(user: User) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = []
    for _ in range(RECOVERY_CODES):
        plain = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        db.session.add(RecoveryCode(id=new_id(), user_id=user.id, code_sha256=_sha256(plain)))
        codes.append("-".join(plain[start : start + 4] for start in range(0, 16, 4)))
    db.session.flush()
    return codes


def _sha256(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
