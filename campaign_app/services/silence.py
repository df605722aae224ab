"""Is WhatsApp silent: messages go out, but no webhook comes back?"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, union_all

from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.webhook_event import WEBHOOK_STATES, WebhookEvent

NOTICED_AFTER = timedelta(minutes=15)
LOOKED_BACK = timedelta(hours=24)


def last_webhook_at() -> datetime | None:
    """When the newest body in the inbox came. One look into the index for each state, in one question."""
    newest = union_all(
        *(
            select(func.max(WebhookEvent.received_at).label("at")).where(WebhookEvent.state == state)
            for state in WEBHOOK_STATES
        )
    ).subquery()
    return db.session.scalar(select(func.max(newest.c.at)))


def silent_since(now: datetime) -> datetime | None:
    """When the first message went out that WhatsApp accepted, and since which no webhook at all has come, if that was 15
    minutes ago or more; else None. Each message brings at least one webhook, usually within seconds. A day after the last
    message nothing is expected any more.
    """
    last = last_webhook_at()
    since = max(last, now - LOOKED_BACK) if last is not None else now - LOOKED_BACK
    if since > now - NOTICED_AFTER:
        return None
    sent = (
        select(Message.authorised_at)
        .where(
            Message.authorised_at > since,
            Message.authorised_at <= now - NOTICED_AFTER,
            Message.refused_at.is_(None),
            Message.sent_at.is_not(None),
        )
        .order_by(Message.authorised_at)
        .limit(1)
    )
    return db.session.scalar(sent)
