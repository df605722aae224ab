"""Webhooks about our account and its message templates, as if WhatsApp had just reported them."""

from campaign_app.extensions import db
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.account_webhooks import apply_others
from campaign_app.whatsapp.payloads import parse_webhook
from tests.databases import DEFAULTS
from tests.makers import NOON, minutes
from tests.whatsapp.webhooks import a_webhook

OURS = DEFAULTS["WHATSAPP_BUSINESS_ACCOUNT_ID"]
LATER = NOON + minutes(30)


def a_template(**fields) -> MessageTemplate:
    template = MessageTemplate(
        **{
            "name": "spring_offer",
            "language": "en_US",
            "status": "APPROVED",
            "components": [],
            "synced_at": NOON - minutes(60),
            **fields,
        }
    )
    db.session.add(template)
    db.session.commit()
    return template


def apply(field: str, value, at=NOON, now=None, account: str | None = OURS) -> None:
    """As if WhatsApp had reported at `at`, and the report were applied at `now`."""
    body = a_webhook({"field": field, "value": value}, id=account, time=int(at.timestamp()))
    apply_others([parse_webhook(body)], now or at)
    db.session.commit()
    db.session.expire_all()
