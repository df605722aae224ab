"""What each error code of the Cloud API means, what staff should do, and what the app does."""

import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from campaign_app.domain.retry_policy import Action, may_retry_by_hand

FEW_RETRIES = 3


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One code. `known` is false where Meta's list says nothing, and `title` is then None."""

    code: int | None
    title: str | None
    meaning: str
    advice: str
    action: Action
    also_known_as: str | None = None
    max_retries: int | None = None
    first_wait: timedelta = timedelta(0)
    when_exhausted: Action = Action.NEVER
    pause_after: int = 1  # of pause_campaign: so many failures of one campaign with this code pause it
    known: bool = True

    @property
    def retryable(self) -> bool:
        """May staff send again to those who failed with this code, once its cause is gone?"""
        return may_retry_by_hand(self.action)


def lookup(
    code: object,
    http_status: int | None = None,
    is_transient: bool | None = None,
    subcode: int | None = None,
) -> CatalogueEntry:
    """The entry for `code`; for one not listed, the rule for unknown codes. Never raises.

    An unknown code is tried again a few times when the answer was a 5xx or Meta says that the trouble is
    passing, slows the number when it came with 429, and otherwise fails this recipient alone.
    """
    number = _as_code(code)
    if number is not None:
        entry = _BY_CODE.get((number, subcode)) if isinstance(subcode, int) else None
        entry = entry or _BY_CODE.get((number, None)) or _in_range(number)
        if entry is not None:
            return entry
    if http_status == 429:
        return replace(_UNKNOWN, code=number, action=Action.THROTTLE)
    if is_transient is True or (isinstance(http_status, int) and http_status >= 500):
        return replace(_UNKNOWN, code=number, action=Action.RETRY, max_retries=FEW_RETRIES)
    return replace(_UNKNOWN, code=number)


def listed() -> list[CatalogueEntry]:
    """Every entry that names one code, in the order of the file; ranges are left out."""
    return list(_BY_CODE.values())


def _as_code(code: object) -> int | None:
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) <= 10:
        return int(code)
    return None


def _in_range(number: int) -> CatalogueEntry | None:
    for codes, entry in _RANGES:
        if number in codes:
            return replace(entry, code=number)
    return None


def _read() -> tuple[dict[tuple[int, int | None], CatalogueEntry], list[tuple[range, CatalogueEntry]]]:
    by_code: dict[tuple[int, int | None], CatalogueEntry] = {}
    ranges = []
    text = Path(__file__).with_name("error_catalogue.toml").read_text(encoding="utf-8")
    for item in tomllib.loads(text)["error"]:
        code, subcode = item.pop("code", None), item.pop("subcode", None)
        first, last = item.pop("from", None), item.pop("to", None)
        item["action"] = Action(item["action"])
        item["when_exhausted"] = Action(item.get("when_exhausted", Action.NEVER))
        item["first_wait"] = timedelta(seconds=item.get("first_wait", 0))
        entry = CatalogueEntry(code=code, **item)
        if code is None:
            ranges.append((range(first, last + 1), entry))
        elif (code, subcode) in by_code:
            raise ValueError(f"error_catalogue.toml lists {code} twice")
        else:
            by_code[code, subcode] = entry
    return by_code, ranges


_BY_CODE, _RANGES = _read()
_UNKNOWN = CatalogueEntry(
    code=None,
    title=None,
    meaning="WhatsApp refused the message with a code that is not on Meta's published list, or with none.",
    advice="Read the reason that came with it. If many messages fail like this, stop the campaign and show "
    "the code to your administrator.",
    action=Action.NEVER,
    known=False,
)
