"""What WhatsApp says about our account: message templates that change state, limits that change."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update

from campaign_app.domain.messaging_limit import UNLIMITED, parse_limit
from campaign_app.extensions import db
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.message_templates import WHY_NOT, pause_campaigns_of
from campaign_app.services.number import UNLIMITED_IN_DATABASE, learn_number
from campaign_app.whatsapp.webhook_elements import OtherChange, ParsedWebhook

# Events that name a state under another word. Source: Meta, "message_template_status_update", read 2026-10.
STATES = {"REINSTATED": "APPROVED", "FLAGGED": None}
UNSENDABLE = {
    "PAUSED",
    "DISABLED",
    "REJECTED",
    "PENDING",
    "PENDING_DELETION",
    "DELETED",
    "LOCKED",
    "ARCHIVED",
}


def apply_others(webhooks: Sequence[ParsedWebhook], now: datetime) -> None:
    """Apply the changes that matter for sending; what is unknown stays stored in the inbox. The caller commits."""
    for webhook in webhooks:
        for change in webhook.others:
            if not isinstance(change.value, dict):
                continue
            if change.field == "message_template_status_update":
                _template_status(change.value, now)
            elif change.field in ("business_capability_update", "phone_number_quality_update"):
                _limit(change, now)


def _template_status(value: dict, now: datetime) -> None:
    name = str(value.get("message_template_name") or "")
    language = str(value.get("message_template_language") or "").replace("-", "_")
    event = str(value.get("event") or "").upper()
    state = STATES.get(event, event)
    if not (name and language and state):
        return
    known = update(MessageTemplate).where(MessageTemplate.name == name, MessageTemplate.language == language)
    db.session.execute(known.values(status=state[:40]))
    if state in UNSENDABLE:
        why = WHY_NOT.get(state, f"its state is {state}")
        pause_campaigns_of(name, language, f"The message template cannot be sent any more: {why}.", now)


def _limit(change: OtherChange, now: datetime) -> None:
    limit = parse_limit(change.value.get("max_daily_conversations_per_business"))
    if limit is not None:
        learn_number({"messaging_limit": UNLIMITED_IN_DATABASE if limit == UNLIMITED else limit}, now)
