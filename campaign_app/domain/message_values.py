"""The values that staff type for a message template's parameters, and Meta's `components` that they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaign_app.domain.template_needs import TemplateNeeds

LOCATION_PARTS = (
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("name", "Name of the place"),
    ("address", "Address"),
)
MEDIA = {"IMAGE": "picture", "VIDEO": "video", "GIF": "GIF", "DOCUMENT": "document"}


@dataclass(frozen=True)
class ValueField:
    """One value to type. `key` names it in a form: `header`, `body-1`, `button-0`, `location-latitude`."""

    key: str
    label: str
    hint: str = ""
    longest: int = 1024
    medium: str | None = None  # IMAGE, VIDEO, GIF or DOCUMENT where a file may be chosen instead
    is_optional: bool = False


def value_fields(needs: TemplateNeeds) -> list[ValueField]:
    """The fields to show for a message template, in the order of the message."""
    return [*_header_fields(needs), *_body_fields(needs), *_button_fields(needs)]


def components_of(needs: TemplateNeeds, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Meta's `components` for the typed values; fields left empty are left out, so that what is missing can be told.

    >>> components_of(TemplateNeeds(body_names=["1"]), {"body-1": "{{name|friend}}"})
    [{'type': 'body', 'parameters': [{'type': 'text', 'text': '{{name|friend}}'}]}]
    """
    typed = {key: " ".join(text.split()) for key, text in values.items() if text and text.strip()}
    components = []
    if needs.header_format and (parameter := _header_parameter(needs, typed)):
        components.append({"type": "header", "parameters": [parameter]})
    body = [_text(needs, name, typed[f"body-{name}"]) for name in needs.body_names if f"body-{name}" in typed]
    if body:
        components.append({"type": "body", "parameters": body})
    for need in needs.buttons:
        if text := typed.get(f"button-{need.index}"):
            kind = "coupon_code" if need.sub_type == "copy_code" else "text"
            parameter = {"type": kind, kind: text}
            components.append(
                {
                    "type": "button",
                    "sub_type": need.sub_type,
                    "index": str(need.index),
                    "parameters": [parameter],
                }
            )
    return components


def values_of(needs: TemplateNeeds, components: list[Mapping[str, Any]] | None) -> dict[str, str]:
    """The typed values behind `components`: the inverse of `components_of`, as far as they fit."""
    values: dict[str, str] = {}
    for component in components or []:
        kind = str(component.get("type", "")).lower()
        parameters = [part for part in component.get("parameters") or [] if isinstance(part, Mapping)]
        if kind == "header" and parameters:
            values |= _header_values(parameters[0])
        elif kind == "body":
            for place, parameter in enumerate(parameters):
                known = needs.body_names[place] if place < len(needs.body_names) else str(place + 1)
                values[f"body-{parameter.get('parameter_name') or known}"] = str(parameter.get("text") or "")
        elif kind == "button" and parameters:
            text = parameters[0].get("text") or parameters[0].get("coupon_code") or ""
            values[f"button-{component.get('index', 0)}"] = str(text)
    return values


def _header_fields(needs: TemplateNeeds) -> list[ValueField]:
    if needs.header_format is None:
        return []
    if needs.header_format == "TEXT":
        return [ValueField("header", "Header", longest=60)]
    if needs.header_format == "LOCATION":
        return [ValueField(f"location-{part}", label, longest=200) for part, label in LOCATION_PARTS]
    what = MEDIA.get(needs.header_format, needs.header_format.lower())
    hint = "The https address that WhatsApp fetches it from, or the number of a medium uploaded to WhatsApp."
    medium = needs.header_format if needs.header_format in MEDIA else None
    fields = [ValueField("header", f"Address of the {what} in the header", hint, 2000, medium)]
    if needs.header_format == "DOCUMENT":
        hint = "Customers see it, with its ending. Empty: the name of the file."
        fields.append(ValueField("header-filename", "Name of the document", hint, 240, is_optional=True))
    return fields


def _body_fields(needs: TemplateNeeds) -> list[ValueField]:
    if needs.named:
        return [ValueField(f"body-{name}", name.replace("_", " ").capitalize()) for name in needs.body_names]
    return [ValueField(f"body-{name}", f"Text for {{{{{name}}}}}") for name in needs.body_names]


def _button_fields(needs: TemplateNeeds) -> list[ValueField]:
    fields = []
    for need in needs.buttons:
        if need.sub_type == "copy_code":
            fields.append(
                ValueField(f"button-{need.index}", f"Coupon code of the button “{need.label}”", longest=15)
            )
        else:
            label = f"End of the address of the button “{need.label}”"
            fields.append(
                ValueField(
                    f"button-{need.index}",
                    label,
                    "It is put behind the address that the template holds.",
                    2000,
                )
            )
    return fields


def _header_parameter(needs: TemplateNeeds, typed: Mapping[str, str]) -> dict[str, Any] | None:
    if needs.header_format == "LOCATION":
        place = {part: typed[f"location-{part}"] for part, _ in LOCATION_PARTS if f"location-{part}" in typed}
        return {"type": "location", "location": place} if place else None
    value = typed.get("header")
    if value is None:
        return None
    if needs.header_format == "TEXT":
        return _text(needs, needs.header_names[0], value)
    kind = needs.header_format.lower()
    medium = {"id": value} if value.isdigit() else {"link": value}
    if kind == "document" and (file_name := typed.get("header-filename")):
        medium["filename"] = file_name
    return {"type": kind, kind: medium}


def _header_values(parameter: Mapping[str, Any]) -> dict[str, str]:
    kind = str(parameter.get("type", "")).lower()
    if kind == "text":
        return {"header": str(parameter.get("text") or "")}
    inner = parameter.get(kind)
    inner = inner if isinstance(inner, Mapping) else {}
    if kind == "location":
        return {f"location-{part}": str(inner.get(part) or "") for part, _ in LOCATION_PARTS}
    values = {"header": str(inner.get("link") or inner.get("id") or "")}
    return {**values, "header-filename": str(inner["filename"])} if inner.get("filename") else values


def _text(needs: TemplateNeeds, name: str, text: str) -> dict[str, str]:
    return (
        {"type": "text", "parameter_name": name, "text": text}
        if needs.named
        else {"type": "text", "text": text}
    )
