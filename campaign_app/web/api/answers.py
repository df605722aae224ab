"""The answers that the API gives: what `representation.py` builds, and what the description of the API shows."""

from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.web.api.bodies import SendWindow

RecipientStatus = Literal["pending", "queued", "sent", "delivered", "read", "failed", "skipped"]
OptOutKind = Literal["meta", "word", "ours"]
Item = TypeVar("Item")


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Page(Answer, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")


class WaitingAnswer(Answer):
    """Why nothing is sent right now, and when it goes on."""

    reason: Literal[
        "not_started", "outside_window", "daily_limit", "account_limit", "higher_priority", "number_stopped",
        "provider_failing", "no_scheduler", "paused", "overdue_start",
    ]  # fmt: skip
    message: str
    until: datetime | None


class CampaignAnswer(Answer):
    """A campaign as it is set up, how it stands, and its counters."""

    id: UUID
    name: str
    description: str | None
    template_name: str
    language_code: str
    template_components: list[dict[str, Any]] | None
    target_audience: dict[str, Any] | None
    daily_send_limit: int
    priority: int
    scheduled_start_date: datetime | None
    scheduled_end_date: datetime | None
    send_window: SendWindow | None
    timezone: str | None
    status: CampaignStatus
    status_reason: str | None = Field(description="Why it is paused, stopped or ended.")
    waiting: WaitingAnswer | None = Field(description="Null while it is sending or done.")
    total_target_customers: int = Field(description="All recipients but the skipped.")
    messages_sent: int = Field(description="Accepted by WhatsApp.")
    messages_delivered: int
    messages_read: int
    messages_failed: int
    messages_pending: int
    messages_unconfirmed: int = Field(
        description="WhatsApp's answer got lost: settled by its webhook, never sent again by itself."
    )
    recipients_skipped: int
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None
    started_at: datetime | None = Field(description="The first message.")
    completed_at: datetime | None


class InvalidRowAnswer(Answer):
    index: int = Field(description="The place in the list that was sent, from 0.")
    phone_number: str
    reason: str


class AddedAnswer(Answer):
    added: int
    duplicates: int
    invalid: list[InvalidRowAnswer]


class RecipientAnswer(Answer):
    """A recipient; status and times are those of the latest attempt."""

    id: UUID
    phone_number: str
    name: str | None
    status: RecipientStatus
    whatsapp_message_id: str | None
    scheduled_send_date: date | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    unconfirmed_at: datetime | None
    failure_code: int | None
    failure_reason: str | None
    skipped_reason: str | None
    retry_count: int
    max_retries: int
    template_parameters: Any


class LeftOutAnswer(Answer):
    code: int | None
    title: str
    count: int
    reason: str


class RetriedAnswer(Answer):
    requeued: int
    left: list[LeftOutAnswer] = Field(description="Failures that another try cannot help.")


class StatsAnswer(Answer):
    """Counts of recipients, rates in percent. `sent`, `delivered` and `read` are cumulative."""

    campaign_id: UUID
    campaign_name: str
    status: CampaignStatus
    total_target: int
    sent: int
    delivered: int
    read: int
    failed: int
    pending: int
    progress_percentage: float
    delivery_rate: float
    read_rate: float
    estimated_completion_date: date | None
    failure_rate: float
    skipped: int
    unconfirmed: int


class FailureAnswer(Answer):
    code: int | None = Field(description="WhatsApp's error code; null where it gave none.")
    title: str
    meaning: str
    advice: str
    retryable: bool
    count: int
    share: float = Field(description="Of all failures, in percent.")
    last_failed_at: datetime | None


class ScheduleDayAnswer(Answer):
    send_date: date
    batch_number: int
    batch_size: int
    messages_sent: int
    messages_remaining: int
    status: Literal["pending", "processing", "completed", "failed"]


class AnalyticsDayAnswer(Answer):
    analytics_date: date
    messages_sent: int
    messages_delivered: int
    messages_read: int
    messages_failed: int
    delivery_rate: float
    read_rate: float
    failure_rate: float


class ProcessAnswer(Answer):
    campaigns_due: int


class NumberAnswer(Answer):
    """The number that sends. While it is stopped every campaign waits."""

    stopped: bool
    stopped_reason: str | None


class CustomerAnswer(Answer):
    phone_number: str
    name: str | None
    customer_tier: str | None
    location: str | None
    language: str | None
    tags: list[str]
    opted_in: bool | None = Field(
        description="True and false are recorded answers, null is “never recorded”."
    )
    attributes: dict[str, Any]


class OptOutAnswer(Answer):
    phone_number: str
    kind: OptOutKind = Field(
        description="meta: stopped in WhatsApp; word: wrote STOP; ours: entered by staff or over the API."
    )
    reason: str | None
    recorded_by: str | None
    opted_out_at: datetime
