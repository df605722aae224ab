"""The webhooks that came, for administrators to look at: page by page, each in parts, and applied once more on request."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, union_all, update

from campaign_app.domain.errors import NotFound
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.webhook_event import WEBHOOK_STATES, WaitingStatus, WebhookEvent
from campaign_app.services import audit
from campaign_app.services.webhook_inbox import waiting_bodies
from campaign_app.whatsapp.payloads import UnreadableWebhook, parse_webhook
from campaign_app.whatsapp.webhook_elements import ParsedWebhook

COUNTED_TO = 1000  # a page does not count millions: beyond this it says "more than"


@dataclass(frozen=True)
class InboxState:
    """How far the applying is: bodies that wait and since when, and how long the newest applied one had waited.

    counts: state → how many bodies, at most COUNTED_TO + 1 each. unmatched: statuses whose message is not known, likewise.
    """

    waiting: int
    waiting_since: datetime | None
    time_to_apply: timedelta | None
    counts: dict[str, int]
    unmatched: int


def inbox_state() -> InboxState:
    waiting, since = waiting_bodies()
    newest = (
        select(WebhookEvent.received_at, WebhookEvent.applied_at)
        .where(WebhookEvent.state == "applied")
        .order_by(WebhookEvent.received_at.desc())
        .limit(1)
    )
    applied = db.session.execute(newest).one_or_none()
    taken = max(applied.applied_at - applied.received_at, timedelta()) if applied else None
    counts = {
        state: _count(select(WebhookEvent.id).where(WebhookEvent.state == state)) for state in WEBHOOK_STATES
    }
    return InboxState(waiting, since, taken, counts, _count(select(WaitingStatus.id)))


def _count(question) -> int:
    return db.session.scalar(select(func.count()).select_from(question.limit(COUNTED_TO + 1).subquery()))


def list_webhooks(
    state: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[WebhookEvent, ParsedWebhook | None]]:
    """Bodies in `state` (None: all), the newest first, from behind `before` on, each as far as it can be read."""
    # One part for each state: each reads its own stretch of the index, and stops at the limit.
    parts = []
    for one in (state,) if state else WEBHOOK_STATES:
        part = select(WebhookEvent.id, WebhookEvent.received_at).where(WebhookEvent.state == one)
        if before is not None:
            at, id_ = before
            part = part.where(
                WebhookEvent.received_at <= at,  # where the index begins
                or_(
                    WebhookEvent.received_at < at,
                    and_(WebhookEvent.received_at == at, WebhookEvent.id < id_),
                ),
            )
        newest = part.order_by(WebhookEvent.received_at.desc(), WebhookEvent.id.desc()).limit(limit)
        parts.append(select(newest.subquery()))
    found = union_all(*parts).subquery()
    wanted = select(found.c.id).order_by(found.c.received_at.desc(), found.c.id.desc()).limit(limit)
    events = select(WebhookEvent).where(WebhookEvent.id.in_(wanted))
    ordered = events.order_by(WebhookEvent.received_at.desc(), WebhookEvent.id.desc())
    return [(event, read_body(event)) for event in db.session.scalars(ordered)]


def find_webhook(id_: UUID) -> WebhookEvent:
    """Raises NotFound."""
    event = db.session.get(WebhookEvent, id_)
    if event is None:
        raise NotFound("There is no such webhook. Old ones are deleted after a while.")
    return event


def read_body(event: WebhookEvent) -> ParsedWebhook | None:
    """What the body holds; None where it cannot be read at all."""
    try:
        return parse_webhook(bytes(event.body))
    except UnreadableWebhook:
        return None


def messages_of(parsed: ParsedWebhook) -> dict[str, Message]:
    """wamid → our message, for those in the body that are known."""
    wamids = {status.wamid for status in parsed.statuses}
    wamids |= {message.context_wamid for message in parsed.messages if message.context_wamid}
    known = select(Message).where(Message.whatsapp_message_id.in_(wamids))
    return {message.whatsapp_message_id: message for message in db.session.scalars(known)}


def apply_again(event: WebhookEvent, actor: str, now: datetime) -> bool:
    """Put the body back in line; what it says has its effect once, however often it is applied. False when it waits already.

    The caller commits.
    """
    done = update(WebhookEvent).where(WebhookEvent.id == event.id, WebhookEvent.state != "waiting")
    again = done.values(state="waiting", applied_at=None, note=None)
    if not db.session.execute(again, execution_options={"synchronize_session": False}).rowcount:
        return False
    audit.record(actor, "webhook.applied_again", "webhook", event.id, {"state": event.state}, now)
    return True
