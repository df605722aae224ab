"""The quick way to valid phone numbers: the patterns of the phonenumbers library, put together once for each country.

Only for what is surely valid and read in one way; for everything else the answer is None, and the library itself reads it.
The two agree: the tests hold this against the library number by number.
"""

import re
from dataclasses import dataclass
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_KINDS = (
    "mobile", "fixed_line", "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip


@dataclass(frozen=True)
class _Kind:
    """Of numbers, such as mobile ones. Without `lengths` the pattern alone decides."""

    lengths: frozenset[int]
    pattern: re.Pattern

    def fits(self, national: str) -> bool:
        return (not self.lengths or len(national) in self.lengths) and bool(self.pattern.fullmatch(national))


@dataclass(frozen=True)
class _Region:
    """`trunk` is what is dialled before a national number, where that is a fixed text; `stripped` what the library would take
    away from the beginning; `abroad` what is dialled before a foreign one."""

    code: str
    leading: re.Pattern | None
    general: _Kind
    kinds: tuple[_Kind, ...]
    trunk: str | None
    stripped: re.Pattern | None
    abroad: re.Pattern | None

    def has(self, national: str) -> bool:
        return self.general.fits(national) and any(kind.fits(national) for kind in self.kinds)


def quick_international(digits: str) -> str | None:
    """E.164 of digits that begin with a country code."""
    for size in (1, 2, 3):
        regions = _regions(digits[:size])
        if regions:
            national = digits[size:]
            stripped = regions[0].stripped
            if national[:1] in ("", "0") or (stripped is not None and stripped.match(national)):
                return None
            return f"+{digits}" if _is_valid(regions, national) else None
    return None


def quick_national(digits: str, country: str) -> str | None:
    """E.164 of digits as they are dialled in `country`, also with its code before them."""
    home = _region(country)
    if home is None or (home.abroad is not None and home.abroad.match(digits)):
        return None
    stripped = home.stripped
    if home.general.pattern.fullmatch(digits):
        national = digits
    elif digits.startswith(home.code):
        national = digits[len(home.code) :]
    elif home.trunk and digits.startswith(home.trunk):
        national, stripped = digits[len(home.trunk) :], None  # once only
    else:
        return None
    if national[:1] in ("", "0") or (stripped is not None and stripped.match(national)):
        return None
    if not home.general.fits(national) or not _is_valid(_regions(home.code), national):
        return None
    return f"+{home.code}{national}"


def _is_valid(regions: tuple[_Region, ...], national: str) -> bool:
    """Of the regions that share a country code the first one whose beginning, or else whose kind, fits decides."""
    for region in regions:
        if region.leading is not None:
            if region.leading.match(national):
                return region.has(national)
        elif region.has(national):
            return True
    return False


@cache
def _regions(code: str) -> tuple[_Region, ...]:
    """Those with this country code, the main one first; none where the library knows only a code without a country."""
    known = (
        COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code.isdigit() and not code.startswith("0") else ()
    )
    return tuple(region for name in known if (region := _region(name)) is not None)


@cache
def _region(name: str) -> _Region | None:
    metadata = PhoneMetadata.metadata_for_region(name)
    if metadata is None:
        return None
    stripped = metadata.national_prefix_for_parsing
    is_plain = stripped and stripped.isdigit() and not metadata.national_prefix_transform_rule
    return _Region(
        code=str(metadata.country_code),
        leading=_pattern(metadata.leading_digits),
        general=_kind(metadata.general_desc),
        kinds=tuple(kind for each in _KINDS if (kind := _kind(getattr(metadata, each))) is not None),
        trunk=stripped if is_plain else None,
        stripped=_pattern(stripped),
        abroad=_pattern(metadata.international_prefix),
    )


def _kind(description) -> _Kind | None:
    if description is None or not description.national_number_pattern:
        return None
    return _Kind(frozenset(description.possible_length), re.compile(description.national_number_pattern))


def _pattern(text: str | None) -> re.Pattern | None:
    return re.compile(text) if text else None
