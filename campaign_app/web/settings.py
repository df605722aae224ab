"""The settings in force, without secrets, and the number as WhatsApp reports it."""

from dataclasses import fields

from flask import Blueprint, current_app, render_template, request

from campaign_app.domain.roles import Role
from campaign_app.services.api_tokens import all_tokens
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.number import messaging_limit, sending_number
from campaign_app.services.users import all_users
from campaign_app.web.access import requires

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
    settings = current_app.config["SETTINGS"]
    number = sending_number()
    return render_template(
        "settings/index.html",
        number=number,
        limit=messaging_limit(number),
        missing=missing_settings(),
        webhook_address=request.url_root.rstrip("/") + "/webhook/whatsapp",
        settings=[
            (field.name.upper(), _shown(field.name, getattr(settings, field.name)))
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
