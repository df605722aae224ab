"""What a message template needs to be filled in, and whether a send fills it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_BAD_SPACE = re.compile(r"[\n\r\t]| {5,}")
_VARIABLE = re.compile(r"\{\{\s*(\d+|[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
LONGEST_COUPON = 15  # signs. Source: Meta, "Coupon code templates"
MEDIA_FORMATS = ("IMAGE", "VIDEO", "GIF", "DOCUMENT", "LOCATION")


@dataclass(frozen=True)
class ButtonNeed:
    """A button that needs a parameter: `sub_type` url (the end of its address) or copy_code (the coupon)."""

    index: int
    sub_type: str
    label: str


@dataclass(frozen=True)
class TemplateNeeds:
    """What must be sent along. Names are "1", "2", … for positional message templates.

    `header_format` is TEXT, IMAGE, VIDEO, GIF, DOCUMENT or LOCATION where the header needs a parameter, else None.
    """

    named: bool = False
    header_format: str | None = None
    header_names: list[str] = field(default_factory=list)
    body_names: list[str] = field(default_factory=list)
    buttons: list[ButtonNeed] = field(default_factory=list)


def variables(text: str | None) -> list[str]:
    """The distinct placeholders of a text, in the order of their numbers or, when named, of their appearance.

    >>> variables("Hi {{2}}, {{1}} and {{2}}")
    ['1', '2']
    """
    names = list(dict.fromkeys(_VARIABLE.findall(text or "")))
    return sorted(names, key=int) if names and all(name.isdigit() for name in names) else names


def template_needs(
    components: list[Mapping[str, Any]], parameter_format: str = "POSITIONAL"
) -> TemplateNeeds:
    """Read the needs out of a message template's `components`, as the Cloud API lists them.

    Source: Meta, "Message templates: components"; a media or location header always needs its one parameter, a copy-code
    button always its coupon, a URL button only when its address holds a variable.
    """
    header_format, header_names, body_names, buttons = None, [], [], []
    for component in components or []:
        kind = str(component.get("type", "")).upper()
        if kind == "HEADER":
            format_ = str(component.get("format", "TEXT")).upper()
            header_names = variables(component.get("text")) if format_ == "TEXT" else []
            header_format = format_ if header_names or format_ in MEDIA_FORMATS else None
        elif kind == "BODY":
            body_names = variables(component.get("text"))
        elif kind == "BUTTONS":
            for index, button in enumerate(component.get("buttons") or []):
                button_kind = str(button.get("type", "")).upper()
                label = str(button.get("text") or button_kind.title())
                if button_kind == "URL" and variables(button.get("url")):
                    buttons.append(ButtonNeed(index, "url", label))
                elif button_kind == "COPY_CODE":
                    buttons.append(ButtonNeed(index, "copy_code", label))
    return TemplateNeeds(
        parameter_format.upper() == "NAMED", header_format, header_names, body_names, buttons
    )


def shortcomings(needs: TemplateNeeds, components: list[Mapping[str, Any]] | None) -> list[str]:
    """Why WhatsApp would refuse `components` (as in a send request) for such a message template; empty when they fit."""
    given = components or []
    return [
        *_header_shortcomings(needs, _parameters(given, "header")),
        *_body_shortcomings(needs, _parameters(given, "body")),
        *_button_shortcomings(needs, given),
    ]


def _parameters(components: list[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    for component in components:
        if str(component.get("type", "")).lower() == kind:
            return list(component.get("parameters") or [])
    return []


def _header_shortcomings(needs: TemplateNeeds, given: list[Mapping[str, Any]]) -> list[str]:
    wanted = 0 if needs.header_format is None else 1
    if len(given) != wanted:
        if needs.header_format is None:
            return ["The message has no variable in its header, but a value for the header was given."]
        what = "a text" if needs.header_format == "TEXT" else f"the {needs.header_format.lower()}"
        return [f"The header needs {what}."]
    if not wanted:
        return []
    if needs.header_format == "TEXT":
        return [
            *_name_shortcomings("header", needs.named, needs.header_names, given),
            *_text_shortcomings("header", given),
        ]
    if str(given[0].get("type", "")).lower() != needs.header_format.lower():
        return [f"The header needs a parameter of the type {needs.header_format.lower()}."]
    return _media_shortcomings(needs.header_format.lower(), given[0])


def _media_shortcomings(kind: str, parameter: Mapping[str, Any]) -> list[str]:
    value = parameter.get(kind)
    value = value if isinstance(value, Mapping) else {}
    if kind == "location":
        return (
            []
            if {"latitude", "longitude"} <= set(value)
            else ["The header's place needs its latitude and longitude."]
        )
    if ("id" in value) == ("link" in value):
        return [f"The header's {kind} needs either its “id” at WhatsApp or a “link” to it."]
    if "link" in value and not str(value["link"]).startswith(("https://", "http://")):
        return [f"The header's {kind} needs an address that begins with https://."]
    return []


def _body_shortcomings(needs: TemplateNeeds, given: list[Mapping[str, Any]]) -> list[str]:
    if not needs.named and len(given) != len(needs.body_names):
        return [f"The text needs {_values(len(needs.body_names))}, but {_values(len(given))} were given."]
    return [
        *_name_shortcomings("text", needs.named, needs.body_names, given),
        *_text_shortcomings("text", given),
    ]


def _name_shortcomings(
    place: str, named: bool, wanted: list[str], given: list[Mapping[str, Any]]
) -> list[str]:
    names = [parameter.get("parameter_name") for parameter in given]
    if not named:
        return [f"The {place} has numbered variables, but named values were given."] if any(names) else []
    if not all(names):
        return [f"The variables of the {place} have names: give every value together with its name."]
    problems = [f"The {place} needs a value for “{name}”." for name in wanted if name not in names]
    problems += [f"The {place} has no variable “{name}”." for name in names if name not in wanted]
    return problems + [
        f"The {place} got two values for “{name}”." for name in wanted if names.count(name) > 1
    ]


def _text_shortcomings(place: str, given: list[Mapping[str, Any]]) -> list[str]:
    """Source: Meta, error 131008 and 132018: no empty text, no new lines, tabs or more than four spaces."""
    problems = []
    for parameter in given:
        kind = str(parameter.get("type", "")).lower()
        text = parameter.get("text")
        if kind in ("currency", "date_time"):
            value = parameter.get(kind)
            text = value.get("fallback_value") if isinstance(value, Mapping) else None
        elif kind != "text":
            problems.append(
                f"The {place} takes values of the type text, currency or date_time, not “{kind[:40]}”."
            )
            continue
        if not isinstance(text, str) or not text.strip():
            problems.append(f"A value of the {place} is empty or no text.")
        elif _BAD_SPACE.search(text):
            problems.append(
                f"A value of the {place} holds a new line, a tab or more than four spaces in a row."
            )
    return list(dict.fromkeys(problems))


def _button_shortcomings(needs: TemplateNeeds, components: list[Mapping[str, Any]]) -> list[str]:
    given = {}
    for component in components:
        if str(component.get("type", "")).lower() == "button":
            given[str(component.get("index", "0"))] = component
    problems = []
    for need in needs.buttons:
        component = given.get(str(need.index))
        if component is None or not component.get("parameters"):
            what = "the end of its address" if need.sub_type == "url" else "its coupon code"
            problems.append(f"The button “{need.label}” needs {what}.")
        elif str(component.get("sub_type", "")).lower() != need.sub_type:
            problems.append(f"The button “{need.label}” needs the sub_type {need.sub_type}.")
        else:
            problems += _button_value_shortcomings(need, component["parameters"])
    wanted = {str(need.index) for need in needs.buttons}
    for index, component in given.items():
        if index not in wanted and str(component.get("sub_type", "")).lower() in ("url", "copy_code"):
            problems.append(f"The button number {index} takes no value.")
    return problems


def _button_value_shortcomings(need: ButtonNeed, parameters: list[Mapping[str, Any]]) -> list[str]:
    kind, most = ("text", 2000) if need.sub_type == "url" else ("coupon_code", LONGEST_COUPON)
    parameter = parameters[0]
    text = parameter.get(kind)
    if (
        len(parameters) != 1
        or str(parameter.get("type", "")).lower() != kind
        or not isinstance(text, str)
        or not text.strip()
    ):
        return [f"The button “{need.label}” needs one value of the type {kind}."]
    if len(text) > most or _BAD_SPACE.search(text):
        return [f"The value of the button “{need.label}” must have at most {most:,} signs and no new lines."]
    return []


def _values(count: int) -> str:
    return {0: "no value", 1: "1 value"}.get(count, f"{count} values")
