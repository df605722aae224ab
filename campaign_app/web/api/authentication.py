"""The gate of the API: a bearer token that is in use, with the role that the view names; everything else is denied."""

from dataclasses import dataclass
from uuid import UUID

from flask import current_app, g, request

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.api_tokens import note_use, token_in_use
from campaign_app.web.access import ROLE_ATTRIBUTE
from campaign_app.web.api.rates import refuse_too_many
from campaign_app.web.errors import answer

OPEN_ATTRIBUTE = "open_to_everybody"
REALM = 'Bearer realm="Campaign App"'
HOW = "Send the header “Authorization: Bearer TOKEN” with a token of the API tokens page or of `flask create-token`."


@dataclass(frozen=True)
class Caller:
    """Whose token the request carries."""

    token_id: UUID
    name: str
    role: Role


def open_to_everybody(view):
    """Mark a view that needs no token: the description of the API and its page."""
    setattr(view, OPEN_ATTRIBUTE, True)
    return view


def gate():
    """Before every view of the API."""
    view = current_app.view_functions[request.endpoint]
    if request.method == "OPTIONS" or getattr(view, OPEN_ATTRIBUTE, False):
        return None
    scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
    if not scheme:
        return _denied(401, f"There is no token. {HOW}", REALM)
    if scheme.lower() != "bearer" or not plain.strip():
        return _denied(401, f"The header “Authorization” holds no bearer token. {HOW}", REALM)
    found = _caller(plain.strip())
    if found is None:
        return _denied(401, "The token is not known, or was revoked.", f'{REALM}, error="invalid_token"')
    if refusal := refuse_too_many(found.token_id):
        return refusal
    role = getattr(view, ROLE_ATTRIBUTE, None)
    if role is None or not found.role >= role:
        sentence = f"The token “{found.name}” has the role {found.role}; this needs {role or 'a role that no token has'}."
        return _denied(403, sentence, f'{REALM}, error="insufficient_scope"')
    g.api_caller = found
    return None


def caller() -> Caller:
    return g.api_caller


def actor() -> str:
    """The caller's name in the audit trail."""
    return f"token {caller().name}"


def _caller(plain: str) -> Caller | None:
    with reading():  # no write lock while the body is still on its way
        token = token_in_use(plain)
        if token is not None:
            note_use(token, utc_now())
        if request.method not in ("GET", "HEAD"):
            db.session.rollback()
    return None if token is None else Caller(token.id, token.name, token.role)


def _denied(status: int, sentence: str, challenge: str):
    return (*answer(status, sentence), {"WWW-Authenticate": challenge})
