"""The ladder of a message's status: it only rises, and failed can always be set."""

from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any


class MessageStatus(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


LEVELS = {
    MessageStatus.PENDING: 1,
    MessageStatus.QUEUED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.DELIVERED: 4,
    MessageStatus.READ: 5,
    MessageStatus.FAILED: 99,
}

# The times that a report of a status gives evidence of. WhatsApp reports only on messages that it had accepted.
PROVES = {
    MessageStatus.SENT: ("sent_at",),
    MessageStatus.DELIVERED: ("sent_at", "delivered_at"),
    MessageStatus.READ: ("sent_at", "delivered_at", "read_at"),
    MessageStatus.FAILED: ("sent_at", "failed_at"),
}


def raise_to(message: MutableMapping[str, Any], status: MessageStatus, at: Any) -> None:
    """Merge into `message` (status and times by the names of their columns) that `status` was seen at `at`.

    The highest level stands, and the earliest time of each fact: so the order and the repetition of what was seen change
    nothing. Times are anything that can be compared with one another; None is not known.

    >>> message = {"status": "sent", "sent_at": 3, "delivered_at": None, "read_at": None, "failed_at": None}
    >>> raise_to(message, MessageStatus.READ, 5)
    >>> raise_to(message, MessageStatus.DELIVERED, 4)
    >>> message
    {'status': 'read', 'sent_at': 3, 'delivered_at': 4, 'read_at': 5, 'failed_at': None}
    """
    for name in PROVES[status]:
        known = message[name]
        if known is None or at < known:
            message[name] = at
    if LEVELS[status] > LEVELS[message["status"]]:
        message["status"] = status.value
