"""The bearer tokens of the JSON API: shown once, kept as SHA-256."""

import logging
import secrets
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Engine, bindparam, select, update
from sqlalchemy.exc import OperationalError

from campaign_app.domain.errors import Invalid, NotFound
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.services.audit import record

PREFIX = "campaign_"  # so that a leaked one is recognised for what it is
TOKEN_ROLES = (Role.VIEWER, Role.STAFF)
NOTED_EVERY = timedelta(minutes=10)  # a use is not worth a write each time

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TokenInUse:
    """Whose token a request carries."""

    id: UUID
    name: str
    role: Role
    last_used_at: datetime | None


_TABLE = ApiToken.__table__
_IN_USE = select(_TABLE.c["id", "name", "role", "last_used_at"]).where(
    _TABLE.c.token_sha256 == bindparam("sha256"), _TABLE.c.revoked_at.is_(None)
)


def create_token(name: str, role: str, created_by: str, now: datetime) -> tuple[ApiToken, str]:
    """The row, and the token itself, which nobody can read again. Raises Invalid with the fields name and role."""
    name = name.strip()
    fields = {}
    if not name or len(name) > 100:
        fields["name"] = ["Give it a name of 1 to 100 signs: what uses it."]
    elif any(token.name == name and token.revoked_at is None for token in all_tokens()):
        fields["name"] = ["Another token in use has this name."]
    if role not in TOKEN_ROLES:
        fields["role"] = ["Choose viewer or staff."]
    if fields:
        raise Invalid(next(iter(fields.values()))[0], fields)
    plain = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name, token_sha256=sha256_of(plain), role=role, created_by=created_by, created_at=now
    )
    db.session.add(token)
    db.session.flush()
    record(created_by, "token created", "api_token", token.id, {"name": name, "role": str(role)}, now)
    return token, plain


def find_token(plain: str) -> ApiToken | None:
    """The token in use that `plain` is, or None. The search is by hash: its time says nothing about the token."""
    return db.session.scalar(
        select(ApiToken).where(ApiToken.token_sha256 == sha256_of(plain), ApiToken.revoked_at.is_(None))
    )


def token_in_use(plain: str) -> TokenInUse | None:
    """The same for every request of the API: one statement, made once, and no more than what the gate needs."""
    row = db.session.connection().execute(_IN_USE, {"sha256": sha256_of(plain)}).first()
    return None if row is None else TokenInUse(row.id, row.name, Role(row.role), row.last_used_at)


def note_use(token: TokenInUse, now: datetime) -> None:
    """Remember, to within NOTED_EVERY, when the token was last used. Owns its short transaction, so that a GET may call it."""
    if token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY:
        return
    try:
        # a context of its own: the caller's may be one that only reads
        Context().run(_write_use, db.engine, token.id, now)
    except OperationalError:
        log.warning("The last use of token %s could not be noted", token.id)


def _write_use(engine: Engine, token_id: UUID, now: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(ApiToken.__table__).where(ApiToken.__table__.c.id == token_id).values(last_used_at=now)
        )


def all_tokens() -> list[ApiToken]:
    """Those in use first, the newest first."""
    return list(
        db.session.scalars(
            select(ApiToken).order_by(ApiToken.revoked_at.isnot(None), ApiToken.created_at.desc())
        )
    )


def revoke_token(token_id: UUID, actor: str, now: datetime) -> ApiToken:
    """Holds at once; a second time changes nothing. Raises NotFound."""
    token = db.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        token.revoked_at = now
        record(actor, "token revoked", "api_token", token.id, {"name": token.name}, now)
    return token


def sha256_of(plain: str) -> str:
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
