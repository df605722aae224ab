"""Checks the parameters of a template's header, body and buttons: their number, type, name and characters."""

import re

from .errors import Refusal
from .graph_checks import one_of
from .template_shape import MEDIA_FORMATS, TemplateShape, filled

SUB_TYPES = (
    "BOOKING_CONFIRMATION",
    "CATALOG",
    "COPY_CODE",
    "FLOW",
    "MPM",
    "ORDER_DETAILS",
    "QUICK_REPLY",
    "REMINDER",
    "URL",
    "VOICE_CALL",
)
# Each parameter type and the key that holds its value.
VALUE_KEYS = {
    "text": "text",
    "currency": "currency",
    "date_time": "date_time",
    "image": "image",
    "video": "video",
    "gif": "gif",
    "document": "document",
    "location": "location",
    "payload": "payload",
    "coupon_code": "coupon_code",
    "action": "action",
}
TEXT_TYPES = ("text", "currency", "date_time")
LONGEST_HEADER, LONGEST_BODY, LONGEST_COUPON = 60, 1024, 15
_BAD_SPACE = re.compile(r"[\n\r\t]| {5,}")


def check_header(parameters: list[dict], shape: TemplateShape) -> None:
    expected = shape.header_format
    if expected in MEDIA_FORMATS or expected == "LOCATION":
        received = parameters[0]["type"].upper() if parameters else "UNKNOWN"
        if received != expected:
            raise Refusal(132012, f"header: Format mismatch, expected {expected}, received {received}")
        _check_count("header", len(parameters), 1)
        value = parameters[0][VALUE_KEYS[expected.lower()]]
        if expected == "LOCATION":
            if not isinstance(value, dict) or not {"latitude", "longitude"} <= set(value):
                raise Refusal(131008, "header: location needs latitude and longitude")
        elif not isinstance(value, dict) or ("id" in value) == ("link" in value):
            raise Refusal(100, f"header: {expected.lower()} needs exactly one of id and link")
        elif "link" in value and not str(value["link"]).startswith(("https://", "http://")):
            raise Refusal(131009, f"header: {value['link']} is not a valid URL")
        return
    values = check_text_parameters("header", parameters, shape.header_variables, shape.is_named)
    if len(filled(shape.header_text, values)) > LONGEST_HEADER:
        raise Refusal(132005, f"header: text is longer than {LONGEST_HEADER} characters")


def check_button(component: dict, parameters: list[dict], shape: TemplateShape, where: str) -> int:
    """Check one button's parameters and return its place among all buttons of the template."""
    sub_type = one_of(component.get("sub_type"), SUB_TYPES, f"{where}['sub_type']")
    index = component.get("index")
    if not str(index).isdigit():
        raise Refusal(131008, f"buttons: {where} needs the index of its button")
    index = int(index)
    if index >= len(shape.buttons):
        raise Refusal(132018, f"buttons: the template has no button at index {index}")
    button = shape.buttons[index]
    if not button.takes_parameter and parameters:
        raise Refusal(
            100, f"buttons: Button at index {index} is of type {button.name} and does not support parameters"
        )
    if button.sub_type != sub_type:
        raise Refusal(132018, f"buttons: Button at index {index} is of type {button.name}, not {sub_type}")
    if not parameters and button.needs_parameter:
        raise Refusal(131008, f"buttons: Button at index {index} of type {button.name} requires a parameter")
    if not parameters:
        return index
    _check_count("buttons", len(parameters), 1)
    expected = {"URL": "text", "QUICK_REPLY": "payload", "COPY_CODE": "coupon_code"}.get(sub_type, "action")
    received = parameters[0]["type"].lower()
    if received != expected:
        raise Refusal(
            132012, f"buttons: Format mismatch, expected {expected.upper()}, received {received.upper()}"
        )
    if expected == "text":
        _check_text("buttons", parameters[0]["text"])
    if expected == "coupon_code" and not 0 < len(str(parameters[0]["coupon_code"])) <= LONGEST_COUPON:
        raise Refusal(131009, f"buttons: coupon_code must have 1 to {LONGEST_COUPON} characters")
    return index


def check_text_parameters(
    part: str, parameters: list[dict], variables: tuple[str, ...], is_named: bool
) -> dict[str, str]:
    """The value of each variable. Count, types, names and characters must be as the template has them."""
    _check_count(part, len(parameters), len(variables))
    values = {}
    for place, parameter in enumerate(parameters):
        kind = parameter["type"].lower()
        if kind not in TEXT_TYPES:
            raise Refusal(132012, f"{part}: Format mismatch, expected TEXT, received {kind.upper()}")
        name = parameter.get("parameter_name")
        if is_named and not name:
            raise Refusal(100, "Parameter name is missing or empty")
        if not is_named and name:
            raise Refusal(
                132012, f"{part}: parameter name ({name}) given, but the template's format is positional"
            )
        if is_named and (name not in variables or name in values):
            raise Refusal(132012, f"{part}: parameter name ({name}) does not match the template's names")
        values[name if is_named else str(place + 1)] = _text_value(part, kind, parameter[VALUE_KEYS[kind]])
    return values


def _text_value(part: str, kind: str, value: object) -> str:
    if kind == "text":
        return _check_text(part, value)
    needed = {"fallback_value", "code", "amount_1000"} if kind == "currency" else {"fallback_value"}
    if not isinstance(value, dict) or not needed <= set(value):
        raise Refusal(132012, f"{part}: {kind} needs {', '.join(sorted(needed))}")
    return _check_text(part, value["fallback_value"])


def _check_text(part: str, text: object) -> str:
    if not isinstance(text, str):
        raise Refusal(100, f"{part}: the value of a text parameter must be a string")
    if not text.strip():
        raise Refusal(131008, "Parameter of type text is missing text value")
    if _BAD_SPACE.search(text):
        raise Refusal(
            132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
    return text


def _check_count(part: str, given: int, expected: int) -> None:
    if given != expected:
        raise Refusal(
            132000,
            f"{part}: number of localizable_params ({given}) does not match "
            f"the expected number of params ({expected})",
        )
