"""Read JSON from outside: nothing in it may crash us, and everything kept can be stored."""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from campaign_app.domain.plain_text import storable

DEEPEST = 32  # levels kept of an element that is stored for people to look at
LONGEST_INTEGER = 18  # digits; a longer number is kept as text

_DIGITS = re.compile(r"[0-9]{1,18}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = 1_230_768_000, 4_102_444_800  # seconds: 2009, when WhatsApp began, to 2100


class NotJson(ValueError):
    """The bytes hold no JSON that can be read; the message says why, for people."""


def load_json(raw: bytes) -> object:
    """The document in `raw`. NaN and infinities become None, of duplicate keys the last counts."""
    try:
        return _DECODER.decode(raw.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise NotJson("The text is not valid UTF-8.") from None
    except RecursionError:
        raise NotJson("The JSON is nested too deeply.") from None
    except ValueError as error:
        place = f" at position {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotJson(f"The text is not JSON{place}.") from None


def text_of(value: object, max_length: int = 4096) -> str | None:
    """A text or a number as storable text; None for anything else, and for an empty one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    if len(value) <= max_length and value.isascii() and "\x00" not in value:  # as nearly all are
        return value or None
    return storable(value[:max_length]) or None


def integer_of(value: object) -> int | None:
    """A whole number, also one written as text or as 5.0; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 10**LONGEST_INTEGER else None
    if isinstance(value, str):
        value = value.strip()
        return int(value) if _DIGITS.fullmatch(value) else None
    return value if isinstance(value, int) else None


def instant_of(value: object) -> datetime | None:
    """An instant given in seconds since 1970, as Meta documents, or in milliseconds, as also seen.

    >>> instant_of("1790000000") == instant_of(1790000000000)
    True
    >>> instant_of("soon"), instant_of(10**18), instant_of(-5)
    (None, None, None)
    """
    return _instant_of_text(value) if isinstance(value, str) else _instant(value)


def _instant(value: object) -> datetime | None:
    number = integer_of(value)
    if number is None:
        return None
    if _EARLIEST <= number < _LATEST:
        return _EPOCH + timedelta(seconds=number)
    if _EARLIEST * 1000 <= number < _LATEST * 1000:
        return _EPOCH + timedelta(milliseconds=number)
    return None


# Of thousands of statuses many happened in the same second.
_instant_of_text = lru_cache(maxsize=4096)(_instant)


def storable_tree(value: object, depth: int = 0) -> object:
    """The same JSON value as any database takes it: text cleaned, infinities None, the deepest parts cut."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict | list):
        if depth >= DEEPEST:
            return "…"
        if isinstance(value, list):
            return [storable_tree(item, depth + 1) for item in value]
        return {storable(key): storable_tree(item, depth + 1) for key, item in value.items()}
    return value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits


_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=lambda _name: None)
