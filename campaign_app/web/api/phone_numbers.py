"""Phone numbers in addresses: E.164, whose `+` may be left out or come as %2B."""

from campaign_app.domain.errors import Invalid
from campaign_app.domain.phone import parse_phone


def number_of_address(text: str) -> str:
    """The number as it is stored. Raises Invalid with the field phone_number.

    >>> number_of_address("919876543210")
    '+919876543210'
    """
    try:
        return parse_phone("+" + text.strip().removeprefix("+"), None)
    except Invalid as error:
        raise Invalid(error.sentence, {"phone_number": [error.sentence]}) from None


def known_number(text: str) -> str | None:
    """The same, but None for what is no number at all: there can be nothing at that address."""
    try:
        return number_of_address(text)
    except Invalid:
        return None
