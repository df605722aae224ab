"""The settings in force, without secrets, and the number as WhatsApp reports it."""

from dataclasses import fields

from flask import Blueprint, current_app, render_template, request

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.account_limit import lately_spent
from campaign_app.services.account_state import account_state
from campaign_app.services.api_tokens import all_tokens
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.number import messaging_limit
from campaign_app.services.users import all_users
from campaign_app.services.webhook_test import PATH, Tried, try_webhook, webhook_address
from campaign_app.web.access import requires
from campaign_app.web.settings_words import WORDS

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

SECRETS = frozenset(
    {
        "secret_key",
        "database_url",
        "smtp_url",
        "whatsapp_access_token",
        "whatsapp_app_secret",
        "whatsapp_verify_token",
    }
)


@blueprint.get("")
@requires(Role.ADMIN)
def index():
    return _page([])


@blueprint.post("/webhook-test")
@requires(Role.ADMIN)
def test_webhook():
    """Call our own public address as Meta would, and say what came of it."""
    return _page(try_webhook(utc_now()))


def _page(tried: list[Tried]) -> str:
    now, settings = utc_now(), current_app.config["SETTINGS"]
    account = account_state(now)
    number, limit = account.number, messaging_limit(account.number)
    return render_template(
        "settings/index.html",
        number=number,
        limit=limit,
        limit_used=None if limit is None else sum(customers for _, customers in lately_spent(now)),
        missing=missing_settings(),
        webhook_address=webhook_address() or request.url_root.rstrip("/") + PATH,
        webhook_at=account.webhook_at,
        tried=tried,
        settings=[
            (field.name.upper(), _shown(field.name, getattr(settings, field.name)), WORDS.get(field.name, ""))
            for field in fields(settings)
        ],
        app_secrets=len(settings.whatsapp_app_secrets),
        has_verify_token=bool(settings.whatsapp_verify_token),
        users=len(all_users()),
        tokens=sum(token.revoked_at is None for token in all_tokens()),
    )


def _shown(name: str, value) -> str:
    """The value as it would be written in the environment; of a secret only whether it is set."""
    if value is None or value == "":
        return "not set"
    if name in SECRETS:
        return "set, not shown"
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)
