"""What goes to the Cloud API and what comes from it: the send request and the webhook."""

import re
from collections.abc import Callable, Iterator, Sequence

from campaign_app.whatsapp.json_values import NotJson, instant_of, load_json, storable_tree, text_of
from campaign_app.whatsapp.webhook_elements import Ignored, OtherChange, ParsedWebhook, Rejected
from campaign_app.whatsapp.webhook_reading import (
    BadElement,
    UnknownElement,
    inbound_message,
    preference,
    status_update,
)

LONGEST_CALLBACK = 512  # characters that WhatsApp gives back

Path = tuple[str | int, ...]  # of a part in the body; written out only where something is wrong with the part

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")


class UnreadableWebhook(ValueError):
    """The body as a whole cannot be read; `reason` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def send_request(
    to: str, template_name: str, language_code: str, components: Sequence[dict] | None, callback_data: str
) -> dict:
    """The body of POST /{phone_number_id}/messages for one message template.

    to: E.164 with `+`: without it WhatsApp puts our own country's code in front. callback_data: comes back
    in every status of the message, at most 512 characters. Components without parameters are left out,
    since WhatsApp refuses them for a template without variables. Raises ValueError on the first two.
    """
    if not _E164.fullmatch(to):
        raise ValueError("the number is not E.164 with +")
    if not 0 < len(callback_data) <= LONGEST_CALLBACK:
        raise ValueError("the callback data must have 1 to 512 characters")
    template: dict = {"name": template_name, "language": {"code": language_code}}
    filled = [part for part in components or () if part.get("parameters") or part.get("cards")]
    if filled:
        template["components"] = filled
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "biz_opaque_callback_data": callback_data,
        "template": template,
    }


def parse_webhook(raw: bytes) -> ParsedWebhook:
    """Everything in a webhook's body, element by element; a bad element never affects its neighbours.

    Raises UnreadableWebhook when the body as a whole is no JSON object.
    """
    try:
        document = load_json(raw)
    except NotJson as error:
        raise UnreadableWebhook(str(error)) from None
    if not isinstance(document, dict):
        raise UnreadableWebhook("The JSON is not an object.")
    parsed = ParsedWebhook()
    for number, entry in _objects(document.get("entry"), ("entry",), parsed):
        changes = ("entry", number, "changes")
        for place, change in _objects(entry.get("changes"), changes, parsed):
            _read_change(change, entry, (*changes, place), parsed)
    return parsed


def _read_change(change: dict, entry: dict, path: Path, parsed: ParsedWebhook) -> None:
    name, value = text_of(change.get("field"), 128), change.get("value")
    if name is None:
        _reject(parsed, path, "The field's name is missing.", change)
        return
    if name not in ("messages", "user_preferences"):
        parsed.others.append(_other(name, value, entry))
        return
    path = (*path, "value")
    if not isinstance(value, dict):
        _reject(parsed, path, "It is not an object.", value)
        return
    metadata = value.get("metadata")
    number_id = text_of(metadata.get("phone_number_id"), 128) if isinstance(metadata, dict) else None
    if name == "user_preferences":
        _read_each(value, "user_preferences", preference, parsed.preferences, number_id, path, parsed)
        return
    if "statuses" in value:
        _read_each(value, "statuses", status_update, parsed.statuses, number_id, path, parsed)
    if "messages" in value:
        _read_each(value, "messages", inbound_message, parsed.messages, number_id, path, parsed)
    if "errors" in value:
        parsed.others.append(_other("messages.errors", value["errors"], entry))
    if value.keys().isdisjoint(("statuses", "messages", "errors")):
        parsed.others.append(_other(name, value, entry))


def _read_each(
    value: dict,
    key: str,
    read: Callable[[dict, str | None], object],
    into: list,
    number_id: str | None,
    path: Path,
    parsed: ParsedWebhook,
) -> None:
    path = (*path, key)
    for place, element in _objects(value.get(key), path, parsed):
        try:
            into.append(read(element, number_id))
        except BadElement as error:
            _reject(parsed, (*path, place), str(error), element)
        except UnknownElement as error:
            parsed.ignored.append(Ignored(_written((*path, place)), str(error), storable_tree(element)))


def _objects(items: object, path: Path, parsed: ParsedWebhook) -> Iterator[tuple[int, dict]]:
    """The objects of a list with their places in it; what is not an object is rejected on the way."""
    if not isinstance(items, list):
        _reject(parsed, path, "The list is missing." if items is None else "It is not a list.", items)
        return
    for place, item in enumerate(items):
        if isinstance(item, dict):
            yield place, item
        else:
            _reject(parsed, (*path, place), "It is not an object.", item)


def _other(name: str, value: object, entry: dict) -> OtherChange:
    return OtherChange(
        field=name,
        value=storable_tree(value),
        business_account_id=text_of(entry.get("id"), 128),
        at=instant_of(entry.get("time")),
    )


def _reject(parsed: ParsedWebhook, path: Path, reason: str, element: object) -> None:
    parsed.rejected.append(Rejected(_written(path), reason, storable_tree(element)))


def _written(path: Path) -> str:
    """entry[0].changes[2].value"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
