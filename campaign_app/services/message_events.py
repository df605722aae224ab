"""Writing the story of messages: every status as it was received."""

from collections.abc import Sequence
from typing import Any

from campaign_app.models.message_event import MessageEvent
from campaign_app.services.driver_rows import insert_new
from campaign_app.whatsapp.webhook_elements import StatusUpdate

_COLUMNS = (
    "message_id", "status", "happened_at", "received_at", "error_code", "error_title", "error_message", "error_details",
    "pricing_category", "pricing_type", "billable",
)  # fmt: skip


def event_of(message_id: str, update: StatusUpdate, at: Any, received_at: Any) -> tuple:
    """The row of one status. The id and the instants are in stored form."""
    error = update.error
    told = (
        (None, None, None, None) if error is None else (error.code, error.title, error.message, error.details)
    )
    return (
        message_id, update.status.value, at, received_at, *told, update.pricing_category, update.pricing_type, update.billable,
    )  # fmt: skip


def add_events(rows: Sequence[tuple]) -> None:
    """Keep these rows of `event_of`. The same status of the same second again is the same event. The caller commits."""
    insert_new(MessageEvent.__table__, _COLUMNS, rows)
