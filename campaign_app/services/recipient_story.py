"""The story of one recipient: every attempt with all that WhatsApp said about it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.errors import NotFound
from campaign_app.domain.failures import failure_reason
from campaign_app.domain.tally import NO_CODE
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.recipient import Recipient
from campaign_app.whatsapp.error_catalogue import CatalogueEntry, lookup


@dataclass(frozen=True)
class Failure:
    """Why it failed: `reason` as WhatsApp put it, `meaning` and `advice` of our catalogue."""

    code: int
    reason: str
    meaning: str
    advice: str


@dataclass(frozen=True)
class Step:
    """Something that happened at `at`. `kind` is authorised, unconfirmed, refused, or a status of WhatsApp.

    delay: how long the webhook was on its way, None where none told it; never negative, whatever the clocks say.
    """

    kind: str
    at: datetime
    delay: timedelta | None = None
    failure: Failure | None = None
    pricing_category: str | None = None
    pricing_type: str | None = None
    billable: bool | None = None


@dataclass(frozen=True)
class AttemptStory:
    """One attempt, its steps in the order in which they happened. `is_latest`: the one by which the recipient stands."""

    message: Message
    is_latest: bool
    steps: list[Step]


def find_recipient(campaign_id: UUID, recipient_id: UUID) -> Recipient:
    """Raises NotFound, also for a recipient of another campaign."""
    recipient = db.session.get(Recipient, recipient_id)
    if recipient is None or recipient.campaign_id != campaign_id:
        raise NotFound("There is no such recipient in this campaign.")
    return recipient


def story_of(recipient: Recipient) -> list[AttemptStory]:
    """The attempts, the latest first."""
    mine = select(Message).where(Message.recipient_id == recipient.id).order_by(Message.attempt.desc())
    messages = list(db.session.scalars(mine))
    events: dict[UUID, list[MessageEvent]] = defaultdict(list)
    told = select(MessageEvent).where(MessageEvent.message_id.in_([message.id for message in messages]))
    for event in db.session.scalars(told):
        events[event.message_id].append(event)
    return [
        AttemptStory(message, message.id == recipient.message_id, _steps(message, events[message.id]))
        for message in messages
    ]


def _steps(message: Message, events: list[MessageEvent]) -> list[Step]:
    steps = [Step("authorised", message.authorised_at)]
    if message.unconfirmed_at is not None:
        steps.append(Step("unconfirmed", message.unconfirmed_at))
    if message.refused_at is not None:
        failure = _failure(message.failure_code, message.failure_reason)
        steps.append(Step("refused", message.refused_at, failure=failure))
    told = [_step(event) for event in events]
    # What came before events were kept, or in the answer itself, is known by the message's own times.
    for kind, at in (
        ("sent", message.sent_at),
        ("delivered", message.delivered_at),
        ("read", message.read_at),
        ("failed", message.failed_at if message.refused_at is None else None),
    ):
        if at is not None and all(step.kind != kind for step in told):
            failure = _failure(message.failure_code, message.failure_reason) if kind == "failed" else None
            steps.append(Step(kind, at, failure=failure))
    return sorted(steps + told, key=_place)


def _place(step: Step) -> tuple:
    """By time to the second, as WhatsApp tells it, and within a second in the order in which it must have been."""
    order = ("authorised", "refused", "unconfirmed", "sent", "delivered", "read", "failed")
    return step.kind != "authorised", step.at.replace(microsecond=0), order.index(step.kind)


def _step(event: MessageEvent) -> Step:
    return Step(
        event.status,
        event.happened_at,
        max(event.received_at - event.happened_at, timedelta()),
        _event_failure(event) if event.status == "failed" else None,
        event.pricing_category,
        event.pricing_type,
        event.billable,
    )


def _event_failure(event: MessageEvent) -> Failure:
    reason = failure_reason(event.error_code, event.error_title, event.error_message, event.error_details)
    return _failure(event.error_code, reason)


def _failure(code: int | None, reason: str | None) -> Failure:
    entry: CatalogueEntry = lookup(code)
    return Failure(
        NO_CODE if code is None else code,
        reason or "WhatsApp gave no reason.",
        entry.meaning,
        entry.advice,
    )
