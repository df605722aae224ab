"""What a webhook can hold, each element on its own."""

from dataclasses import dataclass, field
from datetime import datetime

from campaign_app.domain.message_status import MessageStatus
from campaign_app.whatsapp.errors import WebhookError


@dataclass(slots=True)
class StatusUpdate:
    """One step of one message that we sent. Numbers are digits as WhatsApp writes them, without `+`.

    Thousands come in a second; to make a frozen one would take five times as long.
    """

    wamid: str
    status: MessageStatus  # sent, delivered, read or failed
    at: datetime
    callback_id: str | None  # the id of our own that we gave with the message
    recipient_id: str | None
    error: WebhookError | None
    pricing_category: str | None
    pricing_type: str | None
    phone_number_id: str | None
    billable: bool | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from a customer. At least one of from_number and from_user_id is there."""

    from_number: str | None
    from_user_id: str | None
    wamid: str
    at: datetime
    kind: str
    text: str | None
    button_payload: str | None
    context_wamid: str | None  # the message that was answered
    phone_number_id: str | None


@dataclass(frozen=True, slots=True)
class Preference:
    """A customer's choice in WhatsApp about our marketing: value is stop, resume or signup."""

    number: str | None
    user_id: str | None
    category: str | None
    value: str
    detail: str | None
    at: datetime
    phone_number_id: str | None


@dataclass(frozen=True, slots=True)
class OtherChange:
    """A change of another field, such as message_template_status_update; `value` as it came, storable."""

    field: str
    value: object
    business_account_id: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An element that is sound but means nothing to us, such as a status unknown to this version."""

    path: str
    reason: str
    element: object


@dataclass(frozen=True, slots=True)
class Rejected:
    """An element that cannot be understood; `path` is its place, such as entry[0].changes[2].value."""

    path: str
    reason: str
    element: object


@dataclass(slots=True)
class ParsedWebhook:
    """Everything that one webhook holds, in the order in which it stands there."""

    statuses: list[StatusUpdate] = field(default_factory=list)
    messages: list[InboundMessage] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    others: list[OtherChange] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
