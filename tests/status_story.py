"""A made-up story of a campaign, told in webhooks: cut into bodies, shuffled, repeated, mixed with answers and retries."""

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.message_status import MessageStatus
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, FailureCount, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.retries import retry_failed
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.makers import NOON, a_campaign, sent_out
from tests.whatsapp.webhooks import a_change, a_message, a_webhook

WORDS = ("sent", "delivered", "read", "failed")
ERROR = {"code": 131000, "title": "Something went wrong"}  # one that staff may try again by hand
FIELDS = ("status", "sent_at", "delivered_at", "read_at", "failed_at")


@dataclass
class Told:
    """What was said about one attempt: statuses with their times, and the time of the answer to the POST."""

    steps: set[tuple[str, datetime]] = field(default_factory=set)
    answered_at: datetime | None = None

    def expected(self) -> tuple:
        """FIELDS of the message, written without looking at the code."""
        if not self.steps and self.answered_at is None:
            return ("queued", None, None, None, None)
        times = {word: [at for one, at in self.steps if one == word] for word in WORDS}
        evidence = [at for _, at in self.steps] + ([self.answered_at] if self.answered_at else [])
        highest = next((word for word in ("failed", "read", "delivered") if times[word]), "sent")
        return (
            highest,
            min(evidence),
            min(times["delivered"] + times["read"], default=None),
            min(times["read"], default=None),
            min(times["failed"], default=None),
        )


class Story:
    """Plays itself in the database of the app in context; `chance` decides everything, so a seed tells it again."""

    def __init__(self, chance: random.Random, people: int = 10):
        self.chance = chance
        self.campaign = a_campaign()
        self.told: dict[UUID, Told] = {}
        self.answered: dict[UUID, datetime] = {}  # recipient → first reply
        self._received_at = NOON
        self._steps: list = []
        for message in sent_out(self.campaign, people):
            self._tell(message["id"], message["recipient_id"], message["phone_number"])
        self._steps += ["retry"] * 3
        self.chance.shuffle(self._steps)

    def play(self) -> None:
        while self._steps:
            step = self._steps.pop()
            if step == "retry":
                self._retry()
            elif isinstance(step, Result):
                settle([step], NOON)
                db.session.commit()
            else:
                self._deliver(step)
            if self.chance.random() < 0.3:
                apply_waiting(self.chance.choice((1, 2, 200)))
        while apply_waiting():
            pass
        self.campaign.status = "cancelled"  # the next story in this database is not to send its people
        db.session.commit()
        db.session.expire_all()

    def _deliver(self, element: tuple[str, dict]) -> None:
        """It and up to four that come next, in bodies of any make; some bodies come twice."""
        elements = [element]
        while (
            self._steps and isinstance(self._steps[-1], tuple) and len(elements) < self.chance.randrange(1, 6)
        ):
            elements.append(self._steps.pop())
        changes = [a_change(**{kind: [one]}) for kind, one in elements]
        if self.chance.random() < 0.5 and all(kind == "statuses" for kind, _ in elements):
            changes = [a_change(statuses=[one for _, one in elements])]
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            self._received_at += timedelta(milliseconds=10)
            store(a_webhook(*changes), self._received_at)
        db.session.commit()

    def _tell(self, message_id: UUID, recipient_id: UUID, number: str) -> None:
        """Think out what will be said about an attempt, in any order."""
        told = self.told[message_id] = Told()
        wamid = f"wamid.{message_id}"
        if self.chance.random() < 0.9:
            told.answered_at = NOON + timedelta(seconds=self.chance.randrange(1, 20))
            outcome = SendOutcome(SendKind.ACCEPTED, wamid=wamid, message_status="accepted", http_status=200)
            self._steps += [Result(message_id, outcome, told.answered_at)] * self.chance.randrange(1, 3)
        for _ in range(self.chance.randrange(6)):
            word = self.chance.choice(WORDS)
            at = NOON + timedelta(
                minutes=self.chance.randrange(1, 60 * 96)
            )  # also after the days that have hours
            element = {"id": wamid, "status": word, "timestamp": str(int(at.timestamp()))}
            if word == "failed":
                element["errors"] = [ERROR]
            if told.answered_at is None or self.chance.random() < 0.7:
                element["biz_opaque_callback_data"] = str(message_id)
            told.steps.add((word, at))
            self._steps += [("statuses", element)] * self.chance.choice((1, 1, 2))
        if told.answered_at is not None and self.chance.random() < 0.3:
            at = NOON + timedelta(minutes=self.chance.randrange(1, 600))
            reply = a_message(
                id=f"wamid.in.{message_id}", timestamp=str(int(at.timestamp())), context={"id": wamid}, text={"body": "Yes"},
                **{"from": number.lstrip("+")},
            )  # fmt: skip
            self.answered[recipient_id] = min(at, self.answered.get(recipient_id, at))
            self._steps.append(("messages", reply))

    def _retry(self) -> None:
        """Staff try the failed ones again; what is said about the new attempts mixes with what is still to come."""
        retry_failed(self.campaign.id, "test", NOON + timedelta(days=5))
        db.session.commit()
        claim(100, 1, AccountLimit(), NOON + timedelta(days=5))
        db.session.commit()
        mine = select(Message).where(Message.campaign_id == self.campaign.id, Message.id.not_in(self.told))
        rows = mine.order_by(Message.phone_number)
        for message in db.session.scalars(rows).all():
            self._tell(message.id, message.recipient_id, message.phone_number)
        self.chance.shuffle(self._steps)


def standing(row) -> tuple:
    return tuple(getattr(row, name) for name in FIELDS)


def outcome(campaign_id: UUID) -> str:
    """Every row that the story left, without ids, as text: to be compared between databases."""
    messages = {
        row.id: row for row in db.session.scalars(select(Message).where(Message.campaign_id == campaign_id))
    }
    rows = {
        "messages": sorted(
            (one.phone_number, one.attempt, *standing(one), one.failure_reason) for one in messages.values()
        ),
        "recipients": sorted(
            (one.phone_number, one.attempt, one.retry_count, *standing(one), one.replied_at, one.failure_reason)
            for one in db.session.scalars(select(Recipient).where(Recipient.campaign_id == campaign_id))
        ),
        "events": sorted(
            (messages[one.message_id].phone_number, messages[one.message_id].attempt, one.status, one.happened_at, one.received_at)
            for one in db.session.scalars(select(MessageEvent).where(MessageEvent.message_id.in_(messages)))
        ),
    }  # fmt: skip
    for model, key in (
        (Campaign, "id"),
        (DailyAnalytics, "analytics_date"),
        (HourlyAnalytics, "hour"),
        (FailureCount, "code"),
    ):
        mine = model.id if model is Campaign else model.campaign_id
        counted = [
            name
            for name in model.__table__.c.keys()
            if name.startswith(("messages_", "failures", "total_", "recipients_"))
        ]
        rows[model.__name__] = sorted(
            (
                str(getattr(one, key)) if model is not Campaign else "",
                *(getattr(one, name) for name in counted),
            )
            for one in db.session.scalars(select(model).where(mine == campaign_id))
        )
    return json.dumps(rows, default=str, indent=1)


__all__ = ["MessageStatus", "Story", "Told", "outcome", "standing"]
