"""The JSON of webhooks, written and signed as Meta does it."""

import base64
import hashlib
import hmac
import json
import os
import re
import time

from .errors import webhook_error
from .settings import SimulatorSettings

# Enough calling codes to begin a user id with a country, longest first.
_COUNTRIES = (
    ("971", "AE"),
    ("91", "IN"),
    ("55", "BR"),
    ("52", "MX"),
    ("49", "DE"),
    ("44", "GB"),
    ("1", "US"),
)


def new_wamid(recipient: str) -> str:
    """A message id in Meta's form: base64 of a frame around the recipient's number and random digits."""
    number = recipient.encode()
    token = os.urandom(9).hex().upper().encode()
    framed = b"\x1c\x18" + bytes([len(number)]) + number + b"\x15\x02\x00\x11\x18\x12" + token + b"\x00"
    return "wamid." + base64.b64encode(framed).decode()


def user_id_of(wa_id: str) -> str:
    """The business-scoped user id of a number; always the same for the same number."""
    country = next((letters for code, letters in _COUNTRIES if wa_id.startswith(code)), "ZZ")
    digest = hashlib.blake2b(wa_id.encode(), digest_size=8).digest()
    return f"{country}.{int.from_bytes(digest)}"


def status_element(
    name: str,
    wamid: str,
    wa_id: str,
    user_id: str,
    happened_at: float,
    *,
    settings: SimulatorSettings,
    callback_data: str | None = None,
    category: str | None = None,
    code: int | None = None,
) -> dict:
    """One element of `statuses`; `category` gives it a price, `code` an error; `wa_id` may be empty."""
    element: dict = {"id": wamid, "status": name, "timestamp": str(int(happened_at))}
    if wa_id:
        element["recipient_id"] = wa_id
    if (settings.status_contacts and name != "failed") or not wa_id:
        element["recipient_user_id"] = user_id
    if callback_data is not None:
        element["biz_opaque_callback_data"] = callback_data
    if category:
        element["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "category": category.lower(),
            "type": "regular",
        }
    if code is not None:
        element["errors"] = [webhook_error(code)]
    return element


def statuses_value(statuses: list[dict], settings: SimulatorSettings) -> dict:
    """The `value` that carries statuses; those of people reached bring their contacts along."""
    parts: dict = {}
    if settings.status_contacts:
        contacts = {
            status["recipient_user_id"]: _contact(status.get("recipient_id", ""), status["recipient_user_id"])
            for status in statuses
            if "recipient_user_id" in status
        }
        if contacts:
            parts["contacts"] = list(contacts.values())
    return messages_value(settings, **parts, statuses=statuses)


def inbound_value(message: dict, name: str, settings: SimulatorSettings) -> dict:
    """The `value` that carries one message from a person; `message` holds from, type and content."""
    inbound = {"id": new_wamid(message["from"]), "timestamp": str(int(time.time())), **message}
    contact = _contact(message["from"], user_id_of(message["from"]), name)
    return messages_value(settings, contacts=[contact], messages=[inbound])


def messages_value(settings: SimulatorSettings, **parts: list) -> dict:
    metadata = {
        "display_phone_number": re.sub(r"\D", "", settings.display_phone_number),
        "phone_number_id": settings.phone_number_id,
    }
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def envelope(field: str, value: dict, settings: SimulatorSettings) -> dict:
    """A whole webhook; fields other than messages carry the time in their entry."""
    entry: dict = {"id": settings.business_account_id}
    if field != "messages":
        entry["time"] = int(time.time())
    entry["changes"] = [{"value": value, "field": field}]
    return {"object": "whatsapp_business_account", "entry": [entry]}


def encoded(payload: object) -> bytes:
    r"""JSON as Meta writes it: compact, every character beyond ASCII as \u00e9 and every slash as \/."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def signature(app_secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def _contact(wa_id: str, user_id: str, name: str = "") -> dict:
    contact: dict = {"profile": {"name": name or f"Customer {user_id[-4:]}"}}
    if wa_id:
        contact["wa_id"] = wa_id
    return {**contact, "user_id": user_id}
