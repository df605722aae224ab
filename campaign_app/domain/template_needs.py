"""What a message template needs to be filled in, and whether a send fills it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\{\{\s*(\d+|[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
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

    @property
    def nothing(self) -> bool:
        return not (self.header_format or self.body_names or self.buttons)


def variables(text: str | None) -> list[str]:
    """The distinct placeholders of a text, in the order of their numbers or, when named, of their appearance.

    >>> variables("Hi {{2}}, {{1}} and {{2}}")
    ['1', '2']
    """
    names = list(dict.fromkeys(_VARIABLE.findall(text or "")))
    return sorted(names, key=int) if names and all(name.isdigit() for name in names) else names


def template_needs(components: list[Mapping[str, Any]], parameter_format: str = "POSITIONAL") -> TemplateNeeds:
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
    return TemplateNeeds(parameter_format.upper() == "NAMED", header_format, header_names, body_names, buttons)


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
    if wanted and str(given[0].get("type", "")).lower() != needs.header_format.lower():
        return [f"The header needs a parameter of the type {needs.header_format.lower()}."]
    return []


def _body_shortcomings(needs: TemplateNeeds, given: list[Mapping[str, Any]]) -> list[str]:
    if needs.named:
        names = [parameter.get("parameter_name") for parameter in given]
        missing = [name for name in needs.body_names if name not in names]
        extra = [str(name) for name in names if name not in needs.body_names]
        problems = [f"The text needs a value for “{name}”." for name in missing]
        return problems + [f"The text has no variable “{name}”." for name in extra]
    if len(given) != len(needs.body_names):
        return [f"The text needs {_values(len(needs.body_names))}, but {_values(len(given))} were given."]
    if any(parameter.get("parameter_name") for parameter in given):
        return ["The text has numbered variables, but named values were given."]
    return []


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
    wanted = {str(need.index) for need in needs.buttons}
    for index, component in given.items():
        if index not in wanted and str(component.get("sub_type", "")).lower() in ("url", "copy_code"):
            problems.append(f"The button number {index} takes no value.")
    return problems


def _values(count: int) -> str:
    return {0: "no value", 1: "1 value"}.get(count, f"{count} values")
