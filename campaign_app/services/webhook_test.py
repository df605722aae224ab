"""Does the webhook's address work? Its handshake and a signed call, made from this server to its own public address."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import delete

from campaign_app.extensions import db
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.webhook_inbox import fingerprint
from campaign_app.whatsapp.webhook_probe import ProbeAnswer, deliver, shake_hands

PATH = "/webhook/whatsapp"


@dataclass(frozen=True)
class Tried:
    """One thing that was tried, whether it went well, and the sentence about it."""

    what: str
    is_well: bool
    sentence: str


def webhook_address() -> str | None:
    """Where Meta delivers, from PUBLIC_URL; None where that is not set. Never from what a request says of itself: the app calls
    this address, and nobody but the operator may choose whom it calls."""
    public_url = current_app.config["SETTINGS"].public_url
    return public_url and f"{public_url}{PATH}"


def try_webhook(now: datetime) -> list[Tried]:
    """Handshake, a rightly signed call, and a wrongly signed one. Talks to the network: ends the transaction in progress. What it
    put into the inbox is taken out again, so that it counts as no sign of life of WhatsApp. The caller commits."""
    settings, address = current_app.config["SETTINGS"], webhook_address()
    if address is None:
        sentence = "PUBLIC_URL is not set on the server, so this app does not know its own address. Set it to the address that Meta reaches, then try again."
        return [Tried("Address", False, sentence)]
    db.session.rollback()
    tried = [_handshake(address, settings.whatsapp_verify_token)]
    if not settings.whatsapp_app_secrets:
        return [*tried, Tried("Signed call", False, "WHATSAPP_APP_SECRET is not set: every call is refused.")]
    body = {"object": "whatsapp_business_account", "entry": [], "test": secrets.token_hex(16)}
    raw = json.dumps(body).encode()
    answer = deliver(address, raw, settings.whatsapp_app_secrets[0])
    gone = delete(WebhookEvent).where(WebhookEvent.fingerprint == fingerprint(raw))
    has_arrived = bool(db.session.execute(gone).rowcount)
    tried.append(_delivery(answer, has_arrived))
    db.session.commit()
    if answer.status == 200:
        tried.append(_forgery(deliver(address, raw, secrets.token_hex(16))))
    return tried


def _handshake(address: str, verify_token: str | None) -> Tried:
    what = "Meta's handshake"
    if not verify_token:
        return Tried(what, False, "WHATSAPP_VERIFY_TOKEN is not set: it is refused.")
    challenge = secrets.token_hex(8)
    answer = shake_hands(address, verify_token, challenge)
    if answer.status == 200 and answer.text == challenge:
        return Tried(what, True, "The challenge came back as it must.")
    return Tried(
        what, False, _fault(answer, "another answer than the challenge: something else answers there")
    )


def _delivery(answer: ProbeAnswer, has_arrived: bool) -> Tried:
    what = "Signed call"
    if answer.status == 200 and has_arrived:
        return Tried(what, True, "It was taken, and stood in the inbox.")
    if answer.status == 200:
        return Tried(
            what, False, "It was answered, but is not in this database: another installation answers there."
        )
    if answer.status == 403:
        sentence = "It was refused: the server that answers there has another WHATSAPP_APP_SECRET."
        return Tried(what, False, sentence)
    return Tried(what, False, _fault(answer, "a fault"))


def _forgery(answer: ProbeAnswer) -> Tried:
    what = "Call with a wrong signature"
    if answer.status == 403:
        return Tried(what, True, "It was refused, as it must be.")
    return Tried(what, False, _fault(answer, "no refusal"))


def _fault(answer: ProbeAnswer, words: str) -> str:
    if answer.status is None:
        return answer.fault
    if 300 <= answer.status < 400:
        return (
            f"It was redirected ({answer.status}), which Meta does not follow. Enter the last address itself."
        )
    return f"It was answered with {answer.status}, {words}."
