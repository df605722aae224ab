"""Is WhatsApp silent: messages go out, but no webhook comes back?"""

from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, case, func, select, union_all

from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.webhook_event import WEBHOOK_STATES, WebhookEvent

NOTICED_AFTER = timedelta(minutes=15)
LOOKED_BACK = timedelta(hours=24)


def last_webhook_at() -> datetime | None:
    """When the newest body in the inbox came."""
    return db.session.scalar(select(newest_webhook()))


def silent_since(now: datetime) -> datetime | None:
    """When the first message went out that WhatsApp accepted, and since which no webhook at all has come, if that was 15
    minutes ago or more; else None. Each message brings at least one webhook, usually within seconds. A day after the last
    message nothing is expected any more.
    """
    webhook_at, unanswered_at = db.session.execute(select(newest_webhook(), first_unanswered(now))).one()
    return None if is_too_early(webhook_at, now) else unanswered_at


def is_too_early(webhook_at: datetime | None, now: datetime) -> bool:
    """Whether a webhook came so lately that the next one need not be here yet."""
    return webhook_at is not None and webhook_at > now - NOTICED_AFTER


def newest_webhook() -> ScalarSelect[datetime]:
    """One look into the index for each state."""
    newest = union_all(
        *(
            select(func.max(WebhookEvent.received_at).label("at")).where(WebhookEvent.state == state)
            for state in WEBHOOK_STATES
        )
    ).subquery()
    return select(func.max(newest.c.at)).scalar_subquery()


def first_unanswered(now: datetime) -> ScalarSelect[datetime]:
    """When the first of the accepted messages left that are older than NOTICED_AFTER and newer than the last webhook."""
    earliest, newest = now - LOOKED_BACK, newest_webhook()
    return (
        select(Message.authorised_at)
        .where(
            Message.authorised_at > case((newest > earliest, newest), else_=earliest),
            Message.authorised_at <= now - NOTICED_AFTER,
            Message.refused_at.is_(None),
            Message.sent_at.is_not(None),
        )
        .order_by(Message.authorised_at)
        .limit(1)
        .scalar_subquery()
    )
