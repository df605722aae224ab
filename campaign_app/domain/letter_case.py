"""Comparing text without regard to case, by one rule for Python, SQLite and PostgreSQL in any locale."""

import unicodedata
from functools import cache


def fold(text: str) -> str:
    """Every letter in its small form, one for one; letters whose small form is two signs (İ) stay.

    >>> fold("SÃO Paulo"), fold("İzmir")
    ('são paulo', 'İzmir')
    """
    if text.isascii():
        return text.lower()
    return "".join(_small(sign) for sign in text)


def capitals(letter: str) -> str:
    """The signs that fold to `letter` besides itself.

    >>> capitals("ã"), capitals("k"), capitals("7")
    ('Ã', 'K', '')
    """
    return _capitals().get(letter, "")


def _small(sign: str) -> str:
    small = sign.lower()
    return small if len(small) == 1 and unicodedata.is_normalized("NFC", sign) else sign


@cache
def _capitals() -> dict[str, str]:
    found: dict[str, str] = {}
    for code in range(0x1EA00):  # no letters with case beyond
        sign = chr(code)
        small = _small(sign)
        if small != sign:
            found[small] = found.get(small, "") + sign
    return found
