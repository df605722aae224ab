"""How many different customers the account may write to within a moving 24 hours."""

import re
from typing import Final, Literal

UNLIMITED: Final = "unlimited"
DEFAULT_LIMIT = 250  # what a new business portfolio has. Source: Meta, "Messaging limits", read 2026-10
LARGEST_LIMIT = 2_000_000_000  # more than there are people on WhatsApp, and what the databases keep

Limit = int | Literal["unlimited"]

_TIER = re.compile(r"(?:TIER_)?([1-9][0-9]{0,8})(K|M)?")
_FACTORS = {None: 1, "K": 1_000, "M": 1_000_000}


def parse_limit(value: object) -> Limit | None:
    """A limit as Meta or a setting writes it; None when it says nothing.

    >>> parse_limit("TIER_2K"), parse_limit("TIER_UNLIMITED"), parse_limit(" Unlimited "), parse_limit(250)
    (2000, 'unlimited', 'unlimited', 250)
    >>> parse_limit("TIER_NOT_SET"), parse_limit("TIER_X"), parse_limit(0), parse_limit(None)
    (None, None, None, None)

    -1 is Meta's number for unlimited (business_capability_update webhook, read 2026-10).
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip().upper() if isinstance(value, str) or abs(value) < 10**9 else ""
    if text in ("UNLIMITED", "TIER_UNLIMITED", "-1"):
        return UNLIMITED
    match = _TIER.fullmatch(text)
    return min(int(match[1]) * _FACTORS[match[2]], LARGEST_LIMIT) if match else None


def effective(configured: Limit | None, reported: Limit | None) -> int | None:
    """The limit that holds: the smaller of those known, 250 when neither is; None is no limit.

    >>> effective(1000, 250), effective("unlimited", 2000), effective(None, "unlimited")
    (250, 2000, None)
    """
    known = [limit for limit in (configured, reported) if limit is not None]
    if not known:
        return DEFAULT_LIMIT
    return min((limit for limit in known if limit != UNLIMITED), default=None)
