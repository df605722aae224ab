"""Make text from outside safe to store and to show on one line."""

import re

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES = re.compile(r" {2,}")


def storable(text: str) -> str:
    """The text without what a database refuses: NUL is dropped, half a surrogate pair becomes U+FFFD.

    >>> storable("a\\x00b")
    'ab'
    """
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return _LONE_SURROGATES.sub("\ufffd", text.replace("\x00", ""))


def one_line(text: str) -> str:
    """The text on one line: every run of control characters and spaces becomes one space, ends trimmed.

    >>> one_line("  body:\\r\\n\\tnumber of params (1)\\x00 ")
    'body: number of params (1)'
    """
    return _SPACES.sub(" ", _CONTROLS.sub(" ", storable(text))).strip()


def shortened(text: str, max_length: int) -> str:
    """At most `max_length` characters; a cut text ends in an ellipsis.

    >>> shortened("abcdef", 4), shortened("abcd", 4)
    ('abc…', 'abcd')
    """
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + "…"
