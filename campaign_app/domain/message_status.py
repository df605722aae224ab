"""The ladder of a message's status: it only rises, and failed can always be set."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MessageStatus(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"

    @property
    def level(self) -> int:
        return LEVELS[self]


LEVELS = {
    MessageStatus.PENDING: 1,
    MessageStatus.QUEUED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.DELIVERED: 4,
    MessageStatus.READ: 5,
    MessageStatus.FAILED: 99,
}
BY_LEVEL = {level: status for status, level in LEVELS.items()}


@dataclass(frozen=True, slots=True)
class StatusTimes:
    """What a set of statuses proves: the highest level, and the earliest instant of each fact or None."""

    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    level: int

    @property
    def status(self) -> MessageStatus:
        return BY_LEVEL[self.level]


def higher(a: MessageStatus, b: MessageStatus) -> MessageStatus:
    """The status that stands when both were seen.

    >>> higher(MessageStatus.READ, MessageStatus.DELIVERED).value
    'read'
    >>> higher(MessageStatus.READ, MessageStatus.FAILED).value
    'failed'
    """
    return a if a.level >= b.level else b


def reduce_statuses(seen: Iterable[tuple[MessageStatus, datetime]]) -> StatusTimes:
    """What `seen` proves, the same for every order and repetition.

    Read implies delivered. Every status of a webhook, failed too, implies sent: WhatsApp reports only on
    messages that it had accepted. Nothing seen is level pending.
    """
    earliest: dict[MessageStatus, datetime] = {}
    level = MessageStatus.PENDING.level
    for status, at in seen:
        earliest[status] = min(at, earliest.get(status, at))
        level = max(level, status.level)
    sent, delivered, read, failed = (
        earliest.get(status)
        for status in (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED)
    )
    return StatusTimes(
        sent_at=_first(sent, delivered, read, failed),
        delivered_at=_first(delivered, read),
        read_at=read,
        failed_at=failed,
        level=level,
    )


def _first(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)
