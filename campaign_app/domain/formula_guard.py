"""Keep spreadsheet programs from taking exported text for a formula, in a way that reading it back undoes."""

import re

# Source: OWASP, "CSV Injection"; with the full-width twins of the signs.
_DANGEROUS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
# A whole E.164 number computes nothing, and scripts that read an export expect it as it is.
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_GUARDED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")


def guard(text: str) -> str:
    """With an apostrophe in front where a program would compute or send something.

    >>> guard("=HYPERLINK(1)"), guard("+919876543210"), guard("Asha"), guard("'=1")
    ("'=HYPERLINK(1)", '+919876543210', 'Asha', "''=1")
    """
    return f"'{text}" if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """The inverse of `guard`.

    >>> unguard("'=HYPERLINK(1)"), unguard("'n Beetje"), unguard("''=1")
    ('=HYPERLINK(1)', "'n Beetje", "'=1")
    """
    return text[1:] if _GUARDED.match(text) else text
