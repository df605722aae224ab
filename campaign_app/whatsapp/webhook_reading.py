"""Read one element of a webhook's `messages` or `user_preferences` field."""

from datetime import datetime

from campaign_app.domain.message_status import MessageStatus
from campaign_app.whatsapp.errors import webhook_error
from campaign_app.whatsapp.json_values import instant_of, text_of
from campaign_app.whatsapp.webhook_elements import InboundMessage, Preference, StatusUpdate

# Voice messages are also reported as played: the customer has then certainly seen them.
STATUSES = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}
PREFERENCES = ("stop", "resume", "signup")


class BadElement(ValueError):
    """The element cannot be understood; the message says why."""


class UnknownElement(ValueError):
    """The element is sound, but of a kind that is unknown to us; the message says which."""


def status_update(element: dict, phone_number_id: str | None) -> StatusUpdate:
    """Raises BadElement, and UnknownElement for a status outside the ladder."""
    wamid = _wamid(element)
    word = text_of(element.get("status"), 64)
    if word is None:
        raise BadElement("The status is missing.")
    status = STATUSES.get(word.lower())
    if status is None:
        raise UnknownElement(f"The status {word!r} is unknown.")
    pricing = _object(element.get("pricing"))
    billable = pricing.get("billable")
    return StatusUpdate(
        wamid=wamid,
        status=status,
        at=_instant(element),
        callback_id=text_of(element.get("biz_opaque_callback_data"), 512),
        recipient_id=text_of(element.get("recipient_id"), 128),
        error=webhook_error(element.get("errors")),
        pricing_category=text_of(pricing.get("category"), 60),
        pricing_type=text_of(pricing.get("type"), 60),
        phone_number_id=phone_number_id,
        billable=billable if isinstance(billable, bool) else None,
    )


def inbound_message(element: dict, phone_number_id: str | None) -> InboundMessage:
    """Raises BadElement."""
    number, user_id = text_of(element.get("from"), 128), text_of(element.get("from_user_id"), 256)
    if number is None and user_id is None:
        raise BadElement("The sender is missing.")
    kind = text_of(element.get("type"), 64) or "unknown"
    text, payload = _words(element, kind)
    return InboundMessage(
        from_number=number,
        from_user_id=user_id,
        wamid=_wamid(element),
        at=_instant(element),
        kind=kind,
        text=text,
        button_payload=payload,
        context_wamid=text_of(_object(element.get("context")).get("id"), 512),
        phone_number_id=phone_number_id,
    )


def preference(element: dict, phone_number_id: str | None) -> Preference:
    """Raises BadElement, and UnknownElement for a choice other than stop, resume and signup."""
    number, user_id = text_of(element.get("wa_id"), 128), text_of(element.get("user_id"), 256)
    if number is None and user_id is None:
        raise BadElement("The customer is missing.")
    value = text_of(element.get("value"), 64)
    if value is None:
        raise BadElement("The choice is missing.")
    if value.lower() not in PREFERENCES:
        raise UnknownElement(f"The choice {value!r} is unknown.")
    return Preference(
        number=number,
        user_id=user_id,
        category=text_of(element.get("category"), 64),
        value=value.lower(),
        detail=text_of(element.get("detail")),
        at=_instant(element),
        phone_number_id=phone_number_id,
    )


def _words(element: dict, kind: str) -> tuple[str | None, str | None]:
    """What the customer wrote or pressed: text, and payload of the button."""
    if kind == "button":
        button = _object(element.get("button"))
        return text_of(button.get("text")), text_of(button.get("payload"))
    if kind == "interactive":
        interactive = _object(element.get("interactive"))
        reply = _object(interactive.get("button_reply")) or _object(interactive.get("list_reply"))
        return text_of(reply.get("title")), text_of(reply.get("id"))
    return text_of(_object(element.get("text")).get("body"), 65_536), None


def _wamid(element: dict) -> str:
    wamid = text_of(element.get("id"), 512)
    if wamid is None:
        raise BadElement("The message id is missing.")
    return wamid


def _instant(element: dict) -> datetime:
    at = instant_of(element.get("timestamp"))
    if at is None:
        raise BadElement("The timestamp is missing or cannot be a real one.")
    return at


def _object(value: object) -> dict:
    return value if isinstance(value, dict) else {}
