"""What customers say about our marketing: WhatsApp's own stop and resume, and words like STOP in a message."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from campaign_app.domain.errors import Invalid
from campaign_app.domain.opt_out_words import is_opt_out
from campaign_app.domain.phone import parse_phone
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.services.opt_outs import lift_opt_out, record_opt_out
from campaign_app.whatsapp.webhook_elements import InboundMessage, ParsedWebhook, Preference


def apply_consent(webhooks: Sequence[ParsedWebhook], now: datetime) -> None:
    """Record opt-outs of both kinds, each at the time at which the customer spoke. WhatsApp's resume lifts only WhatsApp's
    own stop, never a word that was said to us. The caller commits."""
    for webhook in webhooks:
        for preference in webhook.preferences:
            _apply_preference(preference, now)
        for message in webhook.messages:
            _apply_message(message, now)


def _apply_preference(preference: Preference, now: datetime) -> None:
    number = number_of(preference.number)
    if number is None or preference.category not in (None, "marketing_messages"):
        return
    at = min(preference.at, now)
    if preference.value == "stop":
        record_opt_out(
            number, "meta", preference.detail or "Stopped marketing messages in WhatsApp", "WhatsApp", at
        )
    else:
        lift_opt_out(number, "meta", at)


def _apply_message(message: InboundMessage, now: datetime) -> None:
    said = next((said for said in (message.button_payload, message.text) if said and is_opt_out(said)), None)
    if said is None:
        return
    for number in {number_of(message.from_number), _number_written_to(message.context_wamid)} - {None}:
        record_opt_out(number, "word", f"Wrote “{said[:100]}”", "the customer", min(message.at, now))


def _number_written_to(wamid: str | None) -> str | None:
    """The number as we have it, of the message that was answered: WhatsApp writes some numbers in another way than we do."""
    return (
        db.session.scalar(select(Message.phone_number).where(Message.whatsapp_message_id == wamid))
        if wamid
        else None
    )


def number_of(digits: str | None) -> str | None:
    """WhatsApp writes numbers as digits with the country code, without `+`. A number of no known plan is kept as it came:
    WhatsApp knows it."""
    number = "+" + (digits or "").strip().lstrip("+")
    try:
        return parse_phone(number, None)
    except Invalid:
        return number if re.fullmatch(r"\+[0-9]{7,15}", number) else None
