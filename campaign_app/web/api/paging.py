"""Lists in pages: `?limit=`, and an opaque `?cursor=` that says behind which row to go on."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from campaign_app.domain.errors import Invalid
from campaign_app.web.api.json_input import checked

DEFAULT_LIMIT = 50
MOST = 500


class PageQuery(BaseModel):
    """The parameters of every list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST, description="How many items at most.")
    cursor: str | None = Field(None, max_length=500, description="`next_cursor` of the page before.")


class WholeQuery(PageQuery):
    """The parameters of a list that is short enough to be given whole."""

    limit: int | None = Field(None, ge=1, le=MOST, description="How many items at most; without it, all.")


Query = TypeVar("Query", bound=BaseModel)
Row = TypeVar("Row")


def read_query(model: type[Query]) -> Query:
    """The parameters behind the `?`. Raises Invalid naming those that are wrong, unknown or given twice."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise Invalid("Give every parameter once.", {name[:80]: ["Give this once."] for name in twice})
    return checked(model, request.args.to_dict())


def page(
    rows: list[Row], limit: int, place: Callable[[Row], list], shown: Callable[[Row], dict]
) -> dict[str, Any]:
    """The answer for `rows`, of which one more than `limit` was asked for; `place` is where a row stands in the order."""
    more = len(rows) > limit
    rows = rows[:limit]
    return {
        "items": [shown(row) for row in rows],
        "next_cursor": write_cursor(place(rows[-1])) if more else None,
    }


def part_of(items: list[dict], query: WholeQuery) -> dict[str, Any]:
    """A page of a list that is all there already; the cursor counts the items before it."""
    start = read_cursor(query.cursor, int)[0] if query.cursor else 0
    end = len(items) if query.limit is None else start + query.limit
    return {"items": items[start:end], "next_cursor": write_cursor([end]) if end < len(items) else None}


def write_cursor(place: list) -> str:
    """
    >>> read_cursor(write_cursor([12]), int)
    (12,)
    """
    texts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in place]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> tuple:
    """The inverse of `write_cursor`. Raises Invalid for what no page gave."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        texts = json.loads(raw)
        return tuple(_READERS[kind](text) for kind, text in zip(kinds, texts, strict=True))
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise Invalid(
            "The cursor is not one that a page gave.", {"cursor": ["Use next_cursor of the page before."]}
        ) from None


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not 1970 <= found.year < 2200:
        raise ValueError
    return found


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError
    return int(text)


def _number(text: str) -> str:
    if not text.isascii() or len(text) > 20:
        raise ValueError
    return text


_READERS: dict[type, Callable[[str], Any]] = {datetime: _instant, UUID: UUID, int: _position, str: _number}
