"""Customers who write back: each recipient counts once as "replied", at the first answer."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update

from campaign_app.domain.tally import Tally
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.consent_webhooks import number_of
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.whatsapp.webhook_elements import InboundMessage

ANSWERED_WITHIN = timedelta(days=3)
# WhatsApp's times are cut to seconds: an answer may seem to come before what it answers.
CUT_TO_SECONDS = timedelta(seconds=1)
NO_ANSWERS = ("system",)  # kinds that WhatsApp writes, not the customer

AT_ONCE = 500

_UPDATE = update(Recipient.__table__).where(Recipient.__table__.c.id == bindparam("row_id"))


def apply_replies(messages: Sequence[InboundMessage], now: datetime) -> None:
    """Count the senders as replied: those who answer one of our messages by quoting it or by its button, and those who write
    from a number within 3 days after a message went to it (the latest of several). The caller commits.

    The earliest answer stays, so that order and repetition of webhooks decide nothing. Every answer counts, also a STOP.
    """
    answers = _answers(messages)
    for start in range(0, len(answers), AT_ONCE):
        _apply(answers[start : start + AT_ONCE], now)


def answered_campaigns(messages: Sequence[InboundMessage]) -> set[UUID]:
    """The campaigns whose people these messages come from, as far as can be told yet."""
    answers = _answers(messages)
    if not answers:
        return set()
    people = set(_recipients(answers)) - {None}
    return set(db.session.scalars(select(Recipient.campaign_id).where(Recipient.id.in_(people))))


def _answers(messages: Sequence[InboundMessage]) -> list[InboundMessage]:
    return [message for message in messages if message.kind not in NO_ANSWERS]


def _apply(answers: Sequence[InboundMessage], now: datetime) -> None:
    first: dict[UUID, datetime] = {}
    for answer, recipient_id in zip(answers, _recipients(answers), strict=True):
        if recipient_id is not None:
            at = min(answer.at, now)
            first[recipient_id] = min(at, first.get(recipient_id, at))
    if first:
        _save(first, now)


def _recipients(answers: Sequence[InboundMessage]) -> list[UUID | None]:
    """The recipient whom each answer comes from; None where no message of ours is known."""
    quoted = {answer.context_wamid for answer in answers} - {None}
    by_wamid = {}
    if quoted:
        found = select(Message.whatsapp_message_id, Message.recipient_id)
        by_wamid = dict(db.session.execute(found.where(Message.whatsapp_message_id.in_(quoted))).all())
    rest = [answer for answer in answers if answer.context_wamid not in by_wamid]
    written_to = _written_to(rest)
    return [by_wamid.get(answer.context_wamid) or _latest_before(answer, written_to) for answer in answers]


def _written_to(answers: Sequence[InboundMessage]) -> dict[str, list[tuple[datetime, UUID]]]:
    """Number → (when, recipient) of the messages that may be answered, the latest first."""
    numbers = {number_of(answer.from_number) for answer in answers} - {None}
    found: dict[str, list[tuple[datetime, UUID]]] = defaultdict(list)
    if numbers:
        times = [answer.at for answer in answers]
        sent = select(Message.phone_number, Message.authorised_at, Message.recipient_id).where(
            Message.phone_number.in_(numbers),
            Message.refused_at.is_(None),
            Message.authorised_at.between(min(times) - ANSWERED_WITHIN, max(times) + CUT_TO_SECONDS),
        )
        for number, at, recipient_id in db.session.execute(sent.order_by(Message.authorised_at.desc())):
            found[number].append((at, recipient_id))
    return found


def _latest_before(answer: InboundMessage, written_to: dict[str, list[tuple[datetime, UUID]]]) -> UUID | None:
    for at, recipient_id in written_to.get(number_of(answer.from_number), ()):
        if answer.at - ANSWERED_WITHIN <= at < answer.at + CUT_TO_SECONDS:
            return recipient_id
    return None


def _save(first: dict[UUID, datetime], now: datetime) -> None:
    found = select(Recipient.id, Recipient.campaign_id).where(Recipient.id.in_(first))
    lock_campaigns({row.campaign_id for row in db.session.execute(found)})
    rows = db.session.execute(found.add_columns(Recipient.replied_at)).all()
    news = [row for row in rows if row.replied_at is None or first[row.id] < row.replied_at]
    if not news:
        return
    changes = [{"row_id": row.id, "replied_at": first[row.id]} for row in news]
    db.session.execute(_UPDATE.values(updated_at=now), changes)
    counted = Counter(row.campaign_id for row in news if row.replied_at is None)
    for campaign_id in sorted(counted):
        tally = Tally()
        tally.campaign["messages_replied"] = counted[campaign_id]
        add_tally(campaign_id, tally, now)
