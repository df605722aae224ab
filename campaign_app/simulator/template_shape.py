"""What a template asks of a message that uses it: its header, its variables, its buttons' parameters."""

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{\{\s*(\d+|[a-z][a-z0-9_]*)\s*\}\}")
MEDIA_FORMATS = ("IMAGE", "VIDEO", "GIF", "DOCUMENT")
# Button types as Meta spells them in its error details, and the sub_type with which a message addresses them.
BUTTON_NAMES = {
    "URL": "Url",
    "QUICK_REPLY": "QuickReply",
    "PHONE_NUMBER": "Call",
    "COPY_CODE": "CopyCode",
    "OTP": "Otp",
    "FLOW": "Flow",
    "CATALOG": "Catalog",
    "MPM": "Mpm",
}
SUB_TYPES = {"OTP": "URL"}


@dataclass(frozen=True)
class ButtonShape:
    kind: str
    needs_parameter: bool
    takes_parameter: bool

    @property
    def name(self) -> str:
        return BUTTON_NAMES.get(self.kind, self.kind.title())

    @property
    def sub_type(self) -> str:
        return SUB_TYPES.get(self.kind, self.kind)


@dataclass(frozen=True)
class TemplateShape:
    """`header_format` is None, TEXT, a media format or LOCATION; variables stand in order of appearance."""

    name: str
    language: str
    status: str
    category: str
    is_named: bool
    header_format: str | None
    header_text: str
    header_variables: tuple[str, ...]
    body_text: str
    body_variables: tuple[str, ...]
    buttons: tuple[ButtonShape, ...]


def shape_of(template: dict) -> TemplateShape:
    parts = {component["type"].upper(): component for component in template["components"]}
    header, body = parts.get("HEADER", {}), parts.get("BODY", {})
    return TemplateShape(
        name=template["name"],
        language=template["language"],
        status=template["status"],
        category=template["category"],
        is_named=template.get("parameter_format") == "NAMED",
        header_format=header.get("format", "TEXT").upper() if header else None,
        header_text=header.get("text", ""),
        header_variables=variables(header.get("text", "")),
        body_text=body.get("text", ""),
        body_variables=variables(body.get("text", "")),
        buttons=tuple(_button(button) for button in parts.get("BUTTONS", {}).get("buttons", [])),
    )


def variables(text: str) -> tuple[str, ...]:
    """The distinct placeholders of a text.

    >>> variables("Hi {{1}}, {{2}} for you, {{1}}")
    ('1', '2')
    """
    return tuple(dict.fromkeys(PLACEHOLDER.findall(text)))


def filled(text: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def _button(button: dict) -> ButtonShape:
    kind = button["type"].upper()
    needs = kind in ("COPY_CODE", "OTP") or (kind == "URL" and "{{" in button.get("url", ""))
    return ButtonShape(kind, needs, needs or kind in ("QUICK_REPLY", "FLOW", "CATALOG", "MPM"))
