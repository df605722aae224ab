"""What the pages' tests look at: message templates, drafts, launched campaigns with people in every state."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from campaign_app.domain.clock import utc_now
from campaign_app.domain.failures import failure_reason
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message import Message
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.services import recount
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.launch import launch

SENT_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PLAIN = [{"type": "BODY", "text": "Everything must go."}]
WITH_VALUES = [
    {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"},
    {"type": "BODY", "text": "Hello {{1}}, take {{2}} off."},
    {
        "type": "BUTTONS",
        "buttons": [{"type": "URL", "text": "Shop", "url": "https://shop.example.com/{{1}}"}],
    },
]


def a_message_template(name: str = "sale", components: list | None = None, **values) -> MessageTemplate:
    template = MessageTemplate(
        **{
            "name": name,
            "language": "en_US",
            "status": "APPROVED",
            "components": components or PLAIN,
            "category": "MARKETING",
            **values,
        }
    )
    db.session.add(template)
    db.session.commit()
    return template


def some_customers(how_many: int, first: int = 0, **values) -> list[Customer]:
    """Customers named “Customer 1” and so on; committed."""
    found = [
        Customer(
            **{"phone_number": f"+9198765{first + place:05}", "name": f"Customer {first + place}", **values}
        )
        for place in range(1, how_many + 1)
    ]
    db.session.add_all(found)
    db.session.commit()
    return found


def a_draft(**fields) -> Campaign:
    values = {"name": "Spring sale", "template_name": "sale", "target_audience": {"all": True}, **fields}
    campaign = create_campaign(values, "test@example.com", utc_now())
    db.session.commit()
    return campaign


def a_launched_campaign(people: int = 3, **fields) -> Campaign:
    """A campaign that was launched to `people` customers; nothing is sent yet."""
    if db.session.query(MessageTemplate).filter_by(name="sale").first() is None:
        a_message_template()
    some_customers(people, first=db.session.query(Customer).count())
    campaign = a_draft(**fields)
    launch(campaign.id, "test@example.com", utc_now())
    db.session.commit()
    return campaign


def set_standing(campaign: Campaign, place: int, status: str, code: int | None = None, **values) -> Recipient:
    """Let the recipient at `place` (from 1) stand as if it had been sent, with true counters."""
    person = db.session.query(Recipient).filter_by(campaign_id=campaign.id, position=place).one()
    reached = {"sent": 1, "delivered": 2, "read": 3, "failed": 1}.get(status, 0)
    times = {
        name: SENT_AT + timedelta(minutes=place + n)
        for n, name in enumerate(("sent_at", "delivered_at", "read_at")[:reached])
    }
    if status == "failed":
        reason = failure_reason(code, "Message undeliverable", "Message undeliverable", None)
        times |= {
            "failed_at": SENT_AT + timedelta(minutes=place + 5),
            "failure_code": code,
            "failure_reason": reason,
        }
    message = Message(
        campaign_id=campaign.id, recipient_id=person.id, attempt=1, phone_number=person.phone_number, send_date=SENT_AT.date(),
        authorised_at=SENT_AT, lease_epoch=1, whatsapp_message_id=f"wamid.{person.id}",
        status="queued" if status == "skipped" else status,
    )  # fmt: skip
    for name, value in {
        "status": status,
        "attempt": 1,
        "whatsapp_message_id": message.whatsapp_message_id,
        **times,
        **values,
    }.items():
        setattr(person, name, value)
    for name in (
        "sent_at",
        "delivered_at",
        "read_at",
        "failed_at",
        "failure_code",
        "failure_reason",
        "unconfirmed_at",
    ):
        setattr(message, name, getattr(person, name))
    db.session.add(message)
    db.session.flush()
    person.message_id = message.id
    recount.repair()
    db.session.commit()
    return person


def words(html: str) -> str:
    """The text of a page as people read it: no tags, blanks folded."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def a_running_campaign() -> Campaign:
    """Eight people: 1 pending, 1 sent, 2 delivered, 1 read, 2 failed (1 refused at sending), 1 not confirmed."""
    campaign = a_launched_campaign(people=8)
    set_standing(campaign, 1, "sent")
    set_standing(campaign, 2, "delivered")
    set_standing(campaign, 3, "delivered")
    set_standing(campaign, 4, "read")
    set_standing(campaign, 5, "failed", 131026)
    set_standing(campaign, 6, "failed", 131049, sent_at=None)
    set_standing(campaign, 7, "queued", unconfirmed_at=utc_now())
    return campaign


def tiles(page: str) -> dict[str, str]:
    found = re.findall(r'tile-label">([^<]+)</span>\s*<span class="tile-value">([^<]+)</span>', page)
    return dict(found)
