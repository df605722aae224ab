"""The values of a customer, cleaned: what comes from files, forms and the API is stored in one way."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from campaign_app.domain.errors import Invalid
from campaign_app.domain.letter_case import fold
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.plain_text import one_line

TEXT_COLUMNS = {
    "name": 200,
    "customer_tier": 100,
    "location": 200,
    "language": 20,
}  # column -> most characters
COLUMNS = ("phone_number", *TEXT_COLUMNS, "tags", "opted_in")

MOST_TAGS = 50
LONGEST_TAG = 100
MOST_ATTRIBUTES = 200
LONGEST_ATTRIBUTE_NAME = 100
LONGEST_ATTRIBUTE = 1000

_YES = frozenset(
    "yes y true t 1 on ok x ✓ ✔ ja j oui o si sì sí s sim da да evet hai haan हाँ हां yep "
    "granted given agreed accepted subscribed opted-in optedin opt-in optin consented".split()
) | {"opted in", "opt in"}
_NO = frozenset(
    "no n false f 0 off nein non não nao net нет nie hayır nahi nahin नहीं nope "
    "denied refused withdrawn revoked unsubscribed opted-out optedout opt-out optout stop stopped "
    "declined".split()
) | {"opted out", "opt out"}
_UNKNOWN = frozenset(("", "-", "–", "?", "n/a", "na", "none", "null", "unknown", "not recorded"))

_DIRECTION_MARKS = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}|[A-Za-z]{4}|\d{3}))?")
_TAG_SEPARATORS = re.compile(r"[,|;]")


def clean_text(value: Any) -> str:
    """Text on one line, trimmed, every run of white space one space, composed (NFC), without control signs.

    >>> clean_text("  New\\u00a0 Delhi\\x07 ")
    'New Delhi'
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid("This must be text.")
    text = str(value)
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = one_line(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_DIRECTION_MARKS))
    return " ".join(text.split())


def clean_tier(value: Any) -> str:
    """
    >>> clean_tier("GOLD ")
    'gold'
    """
    return fold(clean_text(value))


def clean_language(value: Any) -> str:
    """A code as WhatsApp spells it; what is no code stays as it is.

    >>> clean_language("pt-BR"), clean_language("EN"), clean_language("Hindi")
    ('pt_BR', 'en', 'Hindi')
    """
    text = clean_text(value)
    match = _LANGUAGE.fullmatch(text)
    if not match:
        return text
    language, region = match[1].lower(), match[2] or ""
    region = region.title() if len(region) == 4 else region.upper()
    return f"{language}_{region}" if region else language


def clean_tags(value: Any) -> list[str]:
    """Tags of a list, or of a text split at `,`, `|` and `;`; each once, without regard to case.

    >>> clean_tags("vip| diwali,VIP")
    ['vip', 'diwali']
    """
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        value = [value]
    parts = [part for item in value for part in _TAG_SEPARATORS.split(clean_text(item))]
    tags: dict[str, str] = {}
    for part in parts:
        tag = part.strip()
        if len(tag) > LONGEST_TAG:
            raise Invalid(f"A tag is longer than {LONGEST_TAG} characters.")
        if tag:
            tags.setdefault(tag.lower(), tag)
    if len(tags) > MOST_TAGS:
        raise Invalid(f"There are more than {MOST_TAGS} tags.")
    return list(tags.values())


def parse_consent(value: Any) -> bool | None:
    """True and False are recorded answers, None is "not recorded". Raises Invalid for words that are neither.

    >>> parse_consent("Ja"), parse_consent(0), parse_consent("n/a")
    (True, False, None)
    """
    if value is None or isinstance(value, bool):
        return value
    word = clean_text(value).casefold()
    word = {"1.0": "1", "0.0": "0"}.get(word, word)
    if word in _UNKNOWN:
        return None
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Invalid(f"“{word[:40]}” is neither yes nor no.")


def clean_attribute(value: Any) -> str | int | float | bool | None:
    """A value that both databases give back alike as text; None where there is none.

    Numbers that the databases would spell in different ways (exponents, more than 15 digits) become text.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return _plain_number(value)
    if not isinstance(value, str):
        raise Invalid("An attribute must be text, a number, true or false.")
    text = clean_text(value)
    if len(text) > LONGEST_ATTRIBUTE:
        raise Invalid(f"This is longer than {LONGEST_ATTRIBUTE:,} characters.")
    return text or None


def attribute_text(value: str | int | float | bool | None) -> str:
    """A value as text, as filters compare and exports write it.

    >>> attribute_text(98.5), attribute_text(True), attribute_text(None)
    ('98.5', 'true', '')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _plain_number(value: float) -> int | float | str:
    if not math.isfinite(value):
        raise Invalid("An attribute must be text, a number, true or false.")
    value = float(f"{value:.15g}")
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return str(value) if "e" in repr(value) else value


def clean_customer(values: Mapping[str, Any], default_country: str | None) -> dict[str, Any]:
    """The customer of a form or of the API; the given keys come back, None for what is to be emptied.

    Raises Invalid with a sentence for each field that is wrong.
    """
    cleaned: dict[str, Any] = {}
    faults: dict[str, list[str]] = {}
    for key, value in values.items():
        try:
            cleaned[key] = _clean(key, value, default_country)
        except Invalid as error:
            faults[key] = [error.sentence]
    if faults:
        raise Invalid(" ".join(f"{key}: {sentences[0]}" for key, sentences in faults.items()), faults)
    return cleaned


def _clean(key: str, value: Any, default_country: str | None) -> Any:
    match key:
        case "phone_number":
            return parse_phone(value, default_country)
        case "tags":
            return clean_tags(value)
        case "opted_in":
            return parse_consent(value)
        case "attributes":
            return clean_attributes(value)
    if key not in TEXT_COLUMNS:
        raise Invalid("There is no such field: put it into attributes.")
    return clean_column(key, value)


def clean_column(column: str, value: Any) -> str | None:
    """The value of one of TEXT_COLUMNS, None where it is empty."""
    cleaners = {"customer_tier": clean_tier, "language": clean_language}
    text = None if value is None else cleaners.get(column, clean_text)(value)
    if text and len(text) > TEXT_COLUMNS[column]:
        raise Invalid(f"This is longer than {TEXT_COLUMNS[column]} characters.")
    return text or None


def clean_attributes(value: Any) -> dict[str, str | int | float | bool | None]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid("Attributes are an object of names and values.")
    if len(value) > MOST_ATTRIBUTES:
        raise Invalid(f"There are more than {MOST_ATTRIBUTES} attributes.")
    attributes = {}
    for name, item in value.items():
        cleaned_name = clean_text(name)
        if not cleaned_name or len(cleaned_name) > LONGEST_ATTRIBUTE_NAME:
            raise Invalid(f"The name of an attribute has from 1 to {LONGEST_ATTRIBUTE_NAME} characters.")
        attributes[cleaned_name] = clean_attribute(item)
    return attributes
