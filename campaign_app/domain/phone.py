"""Phone numbers as people write them, turned into E.164, or refused with the sentence that says why."""

import re
import unicodedata
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from campaign_app.domain.errors import Invalid
from campaign_app.domain.phone_patterns import quick_international, quick_national

MASK = "•••••"
_MOST_DIGITS = 15  # E.164

_ROUNDED = re.compile(r"\+?\d+(?:[.,]\d+)?\s*[eE]\s*\+?\d+")
_WHOLE_FLOAT = re.compile(
    r"(\+?\d{7,})\.0+"
)  # programs that keep the column as decimals write 919876543210.0
_SCHEME = re.compile(r"(?:tel|whatsapp):\s*", re.IGNORECASE)
_BETWEEN_NUMBERS = re.compile(r"[/|;,&\n]")
_AS_DIALLED = re.compile(r"(\+)?((?!00)[0-9]{7,15})")
_NOTHING_BUT_A_NUMBER = re.compile(r"\+?\d{7,15}")
_HARMLESS = str.maketrans("", "", " -()")
_LEAST_DIGITS_OF_A_NUMBER = 7


def parse_phone(text: str | None, default_country: str | None) -> str:
    """The number as E.164 with `+`. Without `+` or `00` it is of `default_country` (two letters, or None).

    >>> parse_phone(" (+91) 98765-43210 ", None), parse_phone("09876543210", "IN")
    ('+919876543210', '+919876543210')
    >>> parse_phone("919876543210", "IN"), parse_phone("00919876543210", "GB")
    ('+919876543210', '+919876543210')

    Raises Invalid with a sentence of its own for each fault.
    """
    if text and (plain := _AS_DIALLED.fullmatch(text)):
        quick = (
            quick_international(plain[2])
            if plain[1]
            else default_country and quick_national(plain[2], default_country)
        )
        if quick:
            return quick
    written = _plain("" if text is None else str(text))
    if not written:
        raise Invalid("The phone number is empty.")
    if _ROUNDED.fullmatch(written):
        advice = "format the column as text and export again"
        raise Invalid(f"{written} is a number that a spreadsheet has rounded: {advice}.")
    if not _NOTHING_BUT_A_NUMBER.fullmatch(written.translate(_HARMLESS)):
        _refuse_what_is_no_number(written)
    digits = re.sub(r"\D", "", written)
    if written.lstrip("(").startswith("+"):
        return quick_international(digits) or _checked(_parsed(f"+{digits}", None))
    if digits.startswith("00"):
        digits = digits.lstrip("0")
        return quick_international(digits) or _checked(_parsed(f"+{digits}", None))
    if default_country is None:
        raise Invalid("The country is not known: write the number with + and its country code.")
    return quick_national(digits, default_country) or _checked(_national(digits, default_country))


def mask_phone(phone_number: str) -> str:
    """The number for logs: enough to recognise it, too little to dial it.

    >>> mask_phone("+919876543210")
    '+91•••••3210'
    """
    return f"{phone_number[:3]}{MASK}{phone_number[-4:]}" if len(phone_number) > 7 else MASK


def _plain(text: str) -> str:
    """All digits as 0-9, all dashes as -, all spaces as one, without marks that cannot be seen."""
    if text.isascii():
        plain = text
    else:
        signs = []
        for sign in unicodedata.normalize("NFKC", text):
            category = unicodedata.category(sign)
            if category == "Nd":
                signs.append(str(unicodedata.digit(sign)))
            elif category == "Pd" or sign == "\u2212":
                signs.append("-")
            elif category == "Zs":
                signs.append(" ")
            elif category != "Cf":  # direction marks, soft hyphens, byte order marks
                signs.append(sign)
        plain = "".join(signs)
    plain = plain.replace("\0", "").replace("\t", " ").replace("\r", "\n").strip()
    plain = plain.lstrip("'").strip()  # a spreadsheet's mark for "this is text"
    plain = _SCHEME.sub("", plain, count=1) if plain[:1] in "tTwW" else plain
    match = _WHOLE_FLOAT.fullmatch(plain)
    return match[1] if match else plain


def _refuse_what_is_no_number(written: str) -> None:
    if not any(sign.isdigit() for sign in written):
        raise Invalid("This is not a phone number.")
    if any(sign.isalpha() for sign in written):
        raise Invalid("There are letters in the phone number.")
    parts = [re.sub(r"\D", "", part) for part in _BETWEEN_NUMBERS.split(written)]
    if sum(len(part) >= _LEAST_DIGITS_OF_A_NUMBER for part in parts) > 1 or written.count("+") > 1:
        raise Invalid("There are two phone numbers in one cell: keep one of them.")
    if "+" in written.lstrip("( ")[1:]:
        raise Invalid("The + is not at the beginning of the phone number.")
    if re.search(r"[^\d+()\-./ \n,]", written):
        raise Invalid("There are signs in the phone number that do not belong there.")


def _parsed(number: str, country: str | None) -> PhoneNumber:
    if len(number.lstrip("+")) > _MOST_DIGITS + 2:  # room for a national 0 and the like
        raise Invalid("The phone number is too long.")
    try:
        return phonenumbers.parse(number, country)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            raise Invalid("The phone number begins with a country code that does not exist.") from None
        if error.error_type == NumberParseException.TOO_LONG:
            raise Invalid("The phone number is too long.") from None
        raise Invalid("The phone number is too short.") from None


def _national(digits: str, country: str) -> PhoneNumber:
    number = _parsed(digits, country)
    if not phonenumbers.is_valid_number(number) and digits.startswith("0"):
        # 0 before the country code: 0919876543210
        code = str(phonenumbers.country_code_for_region(country))
        without_zeros = digits.lstrip("0")
        if without_zeros.startswith(code):
            international = _parsed(f"+{without_zeros}", None)
            if phonenumbers.is_valid_number(international):
                return international
    return number


def _checked(number: PhoneNumber) -> str:
    if phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    possible = phonenumbers.is_possible_number_with_reason(number)
    code = f"+{number.country_code}"
    if possible in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        raise Invalid(f"The phone number is too short for a number of {code}.")
    if possible == ValidationResult.TOO_LONG:
        raise Invalid(f"The phone number is too long for a number of {code}.")
    if possible != ValidationResult.IS_POSSIBLE:
        raise Invalid(f"The phone number has not as many digits as numbers of {code} have.")
    raise Invalid(f"There is no such phone number in {code}: check its digits.")


@cache
def us_area_codes() -> frozenset[str]:
    """The area codes behind +1 that are of the United States: other countries share +1.

    >>> "212" in us_area_codes(), "416" in us_area_codes(), "787" in us_area_codes()
    (True, False, False)
    """
    found = set()
    for code in range(200, 1000):
        number = phonenumbers.parse(f"+1{code}2345678", None)
        if phonenumbers.is_valid_number_for_region(number, "US"):
            found.add(str(code))
    return frozenset(found)
