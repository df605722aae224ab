"""How a message looks to the customer: the message template with what was typed put in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_VARIABLE = re.compile(r"\{\{\s*(\d+|[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_REFERENCE = re.compile(r"\{\{\s*([^{}|]+?)\s*(?:\|([^{}]*))?\}\}")


@dataclass(frozen=True)
class Piece:
    """A stretch of text. kind: text as it stands · value: typed by staff · person: filled from the customer · open: still
    to be typed. For `person`, `fallback` stands in where the customer's field is empty."""

    text: str
    kind: str = "text"
    fallback: str = ""


@dataclass(frozen=True)
class MessagePreview:
    """`media` is IMAGE, VIDEO, GIF, DOCUMENT or LOCATION where the header is one, else None. `media_address` is where the
    browser gets the file from, and `media_words` says what it is; both are empty where nothing was chosen yet."""

    media: str | None = None
    header: list[Piece] = field(default_factory=list)
    body: list[Piece] = field(default_factory=list)
    footer: str = ""
    buttons: list[str] = field(default_factory=list)
    media_address: str = ""
    media_words: str = ""


def message_preview(components: list[Mapping[str, Any]] | None, values: Mapping[str, str]) -> MessagePreview:
    """Fill a message template's `components` with `values` (keys as in `message_values`: `header`, `body-1`)."""
    media, header, body, footer, buttons = None, [], [], "", []
    for component in components or []:
        kind = str(component.get("type", "")).upper()
        if kind == "HEADER":
            format_ = str(component.get("format", "TEXT")).upper()
            media = None if format_ == "TEXT" else format_
            header = _pieces(str(component.get("text") or ""), lambda _name: values.get("header"))
        elif kind == "BODY":
            body = _pieces(str(component.get("text") or ""), lambda name: values.get(f"body-{name}"))
        elif kind == "FOOTER":
            footer = str(component.get("text") or "")
        elif kind == "BUTTONS":
            buttons = [
                str(button.get("text") or button.get("type", "")) for button in component.get("buttons") or []
            ]
    return MessagePreview(media, header, body, footer, buttons)


def _pieces(text: str, value_of) -> list[Piece]:
    pieces: list[Piece] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        pieces += [Piece(text[end : match.start()])]
        typed = value_of(match[1])
        pieces += _typed(typed) if typed and typed.strip() else [Piece(match[0], "open")]
        end = match.end()
    return [piece for piece in [*pieces, Piece(text[end:])] if piece.text]


def _typed(text: str) -> list[Piece]:
    """A typed value, in which references to the customer are pieces of their own.

    >>> _typed("dear {{name|friend}}!")
    [Piece(text='dear ', kind='value', fallback=''), Piece(text='name', kind='person', fallback='friend'), \
Piece(text='!', kind='value', fallback='')]
    """
    pieces, end = [], 0
    for match in _REFERENCE.finditer(text):
        pieces.append(Piece(text[end : match.start()], "value"))
        pieces.append(Piece(match[1], "person", (match[2] or "").strip()))
        end = match.end()
    pieces.append(Piece(text[end:], "value"))
    return [piece for piece in pieces if piece.text]
