"""Places in a list, as addresses carry them."""

from datetime import datetime
from uuid import UUID


def whole_number(text: str | None, most: int, least: int = 0) -> int:
    """The number in an address, within bounds; what is no number counts as `least`.

    >>> whole_number("50", 100), whole_number("x", 100), whole_number("-3", 100), whole_number("999", 100)
    (50, 0, 0, 100)
    """
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        return least
    return max(least, min(int(text), most))


def write_place(instant: datetime, row_id: UUID) -> str:
    """The place behind a row of a list that is ordered by time and id."""
    return f"{instant.isoformat()}_{row_id}"


def read_id(text: str | None) -> UUID | None:
    """The id in an address; None for anything else."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def read_place(text: str | None) -> tuple[datetime, UUID] | None:
    """The inverse of `write_place`; None, the start of the list, for anything else."""
    instant, _, row_id = (text or "").partition("_")
    try:
        found = datetime.fromisoformat(instant.replace(" ", "+"))
        return (found, UUID(row_id)) if found.tzinfo is not None else None
    except ValueError:
        return None
