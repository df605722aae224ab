"""Webhooks with statuses of messages that are under way, taken into the inbox and applied."""

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.send_outcomes import settle
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import accepted
from tests.whatsapp.webhooks import a_change, a_status, a_webhook


def a_step(message: dict, status: str = "delivered", **more) -> dict:
    seconds = str(int((NOON + minutes(1)).timestamp()))
    return a_status(
        id=f"wamid.{message['id']}",
        biz_opaque_callback_data=str(message["id"]),
        status=status,
        timestamp=seconds,
        **more,
    )


def a_body(*elements: dict) -> bytes:
    return a_webhook(a_change(statuses=list(elements)))


def a_campaign_under_way(people: int) -> tuple[Campaign, list[dict]]:
    campaign = a_campaign()
    messages = sent_out(campaign, people)
    settle([accepted(message) for message in messages], NOON)
    db.session.commit()
    return campaign, messages


def taken_in(*bodies: bytes) -> None:
    for raw in bodies:
        store(raw, NOON)
    db.session.commit()
    while apply_waiting():
        pass
    db.session.expire_all()


def states() -> list[tuple[str, str | None]]:
    return [
        tuple(row)
        for row in db.session.execute(select(WebhookEvent.state, WebhookEvent.note).order_by(WebhookEvent.id))
    ]


def statuses_of(messages: list[dict]) -> list[str]:
    found = select(Recipient.status).where(Recipient.message_id.in_([message["id"] for message in messages]))
    return list(db.session.scalars(found.order_by(Recipient.position)))
