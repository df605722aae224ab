"""Checks a message request as strictly as Meta does, and says to whom it would really go."""

import json
import re
from dataclasses import dataclass

from .errors import Refusal
from .graph_checks import must_be, one_of, only_keys, required
from .settings import SimulatorSettings
from .template_validation import check_template
from .templates import TemplateStore

MESSAGE_TYPES = (
    "audio",
    "contacts",
    "document",
    "image",
    "interactive",
    "location",
    "reaction",
    "sticker",
    "template",
    "text",
    "video",
)
TOP_LEVEL_KEYS = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
    *MESSAGE_TYPES,
}
LONGEST_CALLBACK_DATA = 512
LONGEST_TEXT = 4096
_WRITTEN_NUMBER = re.compile(r"\+?[\d\s()\-.]+")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


@dataclass(frozen=True)
class Recipient:
    """Whom a message reaches. `wa_id` is digits, empty when `user_id` was written to.

    `country_code_added`: Meta put the business's own country code in front, so that the message may reach a
    stranger, or nobody where that makes a number that cannot exist.
    """

    written: str
    wa_id: str
    user_id: str = ""
    country_code_added: bool = False
    reaches_nobody: bool = False


@dataclass(frozen=True)
class ValidMessage:
    recipient: Recipient
    type: str
    callback_data: str | None
    template_name: str = ""
    language: str = ""
    category: str = "SERVICE"


def parse_body(raw: bytes) -> dict:
    """The request's JSON object. Raises Refusal 100 for anything else."""
    try:
        body = json.loads(raw)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Refusal(
            100, message="(#100) Invalid parameter", details="Invalid JSON in request body"
        ) from error
    if not isinstance(body, dict):
        raise Refusal(
            100, message="(#100) Invalid parameter", details="The request body must be a JSON object"
        )
    return body


def check_message(body: dict, templates: TemplateStore, settings: SimulatorSettings) -> ValidMessage:
    """The message asked for. Raises Refusal with Meta's code for the first thing that is wrong."""
    only_keys(body, TOP_LEVEL_KEYS, "$")
    if "messaging_product" not in body:
        raise required("messaging_product")
    one_of(body["messaging_product"], ("WHATSAPP",), "messaging_product")
    one_of(body.get("recipient_type", "individual"), ("INDIVIDUAL",), "recipient_type")
    kind = one_of(body.get("type", "text"), MESSAGE_TYPES, "type")
    recipient = recipient_of(body, settings)
    callback_data = _callback_data(body)
    if kind == "template":
        shape = check_template(body.get("template"), templates)
        return ValidMessage(recipient, "template", callback_data, shape.name, shape.language, shape.category)
    if kind != "text":
        raise Refusal(131051, "The simulator knows messages of type template and text.")
    _check_text(body.get("text"))
    return ValidMessage(recipient, "text", callback_data)


def recipient_of(body: dict, settings: SimulatorSettings) -> Recipient:
    """The recipient: `to` wins over `recipient`, and a `to` without + gets the business's country code.

    Source: Meta, "Send messages", read 2026-09.
    """
    to = body.get("to")
    if to is None or to == "":
        user_id = body.get("recipient")
        if not user_id:
            raise required("to")
        if not isinstance(user_id, str) or not _USER_ID.fullmatch(user_id):
            raise Refusal(131009, f"Invalid user id: {user_id}")
        return Recipient(user_id, "", user_id)
    if not isinstance(to, str):
        raise must_be("to", "a string")
    written = re.sub(r"\D", "", to)
    has_plus = to.strip().startswith("+")
    digits = written if has_plus else settings.country_code + written
    if not _WRITTEN_NUMBER.fullmatch(to.strip()) or not 7 <= len(digits) <= 15 or digits.startswith("0"):
        raise Refusal(131009, f"Invalid phone number: {to}")
    if digits == re.sub(r"\D", "", settings.display_phone_number):
        raise Refusal(131021)
    is_doubled = not has_plus and (
        len(digits) > 13 or (len(written) > 10 and written.startswith(settings.country_code))
    )
    return Recipient(to, _rewritten(digits), country_code_added=not has_plus, reaches_nobody=is_doubled)


def _rewritten(digits: str) -> str:
    """The WhatsApp id of a number: Meta drops most of Brazil's ninth digit and puts a 1 into Mexico's."""
    if len(digits) == 13 and digits.startswith("55") and digits[4] == "9" and int(digits[2:4]) > 30:
        return digits[:4] + digits[5:]
    if len(digits) == 12 and digits.startswith("52"):
        return "521" + digits[2:]
    return digits


def _callback_data(body: dict) -> str | None:
    data = body.get("biz_opaque_callback_data")
    if data is not None and not isinstance(data, str):
        raise must_be("biz_opaque_callback_data", "a string")
    if data is not None and len(data) > LONGEST_CALLBACK_DATA:
        raise must_be("biz_opaque_callback_data", f"at most {LONGEST_CALLBACK_DATA} characters long")
    return data


def _check_text(text: object) -> None:
    if not isinstance(text, dict) or not text.get("body"):
        raise required("text['body']")
    if len(str(text["body"])) > LONGEST_TEXT:
        raise must_be("text['body']", f"at most {LONGEST_TEXT} characters long")
