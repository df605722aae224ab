"""The countries that a phone number may be of, by name."""

from functools import cache

import phonenumbers
from babel import Locale

from campaign_app.web.formatting import LOCALE


@cache
def country_choices() -> list[tuple[str, str]]:
    """(two letters, name with calling code) in the order of the names."""
    names = Locale.parse(LOCALE).territories
    choices = [
        (code, f"{names.get(code, code)} (+{phonenumbers.country_code_for_region(code)})")
        for code in phonenumbers.SUPPORTED_REGIONS
    ]
    return sorted(choices, key=lambda choice: choice[1])
