"""The quick reading of phone numbers says the same as the library, wherever it says anything."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, PhoneNumberFormat

from campaign_app.domain.phone_patterns import quick_international, quick_national

REGIONS = sorted(SUPPORTED_REGIONS)
CODES = sorted(COUNTRY_CODE_TO_REGION_CODE)
KINDS = ("mobile", "fixed_line", "toll_free", "premium_rate", "voip", "uan")


def by_the_library(number: str, country: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def examples(region: str) -> list[str]:
    """National numbers of every kind that the library gives as examples."""
    metadata = PhoneMetadata.metadata_for_region(region)
    kinds = (getattr(metadata, kind) for kind in KINDS)
    return [kind.example_number for kind in kinds if kind is not None and kind.example_number]


def neighbours(number: str) -> set[str]:
    """Numbers that differ a little: a digit more, less, changed or before it."""
    found = {
        number,
        number[:-1],
        number + "0",
        number + "5",
        "0" + number,
        "1" + number,
        "8" + number,
        number[1:],
    }
    for place in range(min(5, len(number))):
        found |= {number[:place] + digit + number[place + 1 :] for digit in "013589"}
    return {one for one in found if 5 <= len(one) <= 14}


def agrees(quick: str | None, number: str, country: str | None) -> bool:
    assert quick is None or quick == by_the_library(number, country), (number, country, quick)
    return quick is not None


@pytest.mark.parametrize("region", REGIONS)
def test_it_agrees_on_the_examples_of_every_country_and_their_neighbours(region):
    code = str(PhoneMetadata.metadata_for_region(region).country_code)
    for example in examples(region):
        for number in neighbours(example):
            agrees(quick_international(code + number), f"+{code}{number}", None)
            for written in (number, code + number, "00" + code + number):
                agrees(quick_national(written, region), written, region)


@given(st.sampled_from(CODES), st.text("0123456789", min_size=3, max_size=12))
def test_it_agrees_on_any_digits_behind_any_country_code(code, digits):
    agrees(quick_international(f"{code}{digits}"), f"+{code}{digits}", None)


@given(st.sampled_from(REGIONS), st.text("0123456789", min_size=5, max_size=14))
def test_it_agrees_on_any_digits_dialled_anywhere(region, digits):
    agrees(quick_national(digits, region), digits, region)


@pytest.mark.parametrize("written", ["9876543210", "09876543210", "919876543210"])
def test_usual_numbers_do_go_the_quick_way(written):
    assert quick_national(written, "IN") == quick_international("919876543210") == "+919876543210"
    assert quick_international("14155550123") == "+14155550123"
    assert quick_international("447911123456") == "+447911123456"
