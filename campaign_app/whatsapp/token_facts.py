"""What the Cloud API says about the access token itself, and whether the number may send."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from campaign_app.whatsapp.json_values import text_of

# Source: Meta, "Permissions", read 2026-11
MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """`expires_at` None: never, or not said."""

    is_valid: bool
    permissions: frozenset[str]
    expires_at: datetime | None
    kind: str | None  # SYSTEM_USER, USER, …


@dataclass(frozen=True, slots=True)
class Health:
    """`can_send` is AVAILABLE, LIMITED or BLOCKED, None where Meta did not say; `reasons` are Meta's sentences."""

    can_send: str | None
    reasons: tuple[str, ...]


def token_facts(document: dict) -> TokenFacts:
    """From the answer of /debug_token."""
    data = document.get("data")
    data = data if isinstance(data, dict) else {}
    scopes = data.get("scopes")
    scopes = scopes if isinstance(scopes, list) else []
    return TokenFacts(
        is_valid=data.get("is_valid") is True,
        permissions=frozenset(scope for scope in scopes if isinstance(scope, str)),
        expires_at=_instant(data.get("expires_at")),
        kind=text_of(data.get("type"), 40),
    )


def health(facts: dict) -> Health:
    """From the phone number's `health_status`: its own state, and what holds the number, its account or business back."""
    status = facts.get("health_status")
    status = status if isinstance(status, dict) else {}
    entities = status.get("entities")
    reasons = []
    for entity in entities if isinstance(entities, list) else []:
        errors = entity.get("errors") if isinstance(entity, dict) else None
        for error in errors if isinstance(errors, list) else []:
            if isinstance(error, dict):
                parts = (
                    text_of(error.get("error_description"), 500),
                    text_of(error.get("possible_solution"), 500),
                )
                reasons.append(" ".join(part for part in parts if part))
    return Health(text_of(status.get("can_send_message"), 40), tuple(reason for reason in reasons if reason))


def server_time(date: str | None) -> datetime | None:
    """The instant in an answer's Date header; None where there is none that can be read."""
    try:
        at = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _instant(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 2**33:
        return None
    return datetime.fromtimestamp(seconds, UTC)
