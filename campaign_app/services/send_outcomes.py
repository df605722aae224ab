"""What became of the sends: answers are written many at a time, and each error does what its catalogue entry says."""

import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from campaign_app.domain.message_status import MessageStatus
from campaign_app.domain.retry_policy import Action, next_try_at, spends_attempt
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.value_lists import is_among
from campaign_app.services.attempts import Attempt, AttemptBatch, complete_finished
from campaign_app.services.consequences import Consequences
from campaign_app.whatsapp.error_catalogue import listed
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome

log = logging.getLogger(__name__)

NOT_SENT_WAIT = timedelta(seconds=10)
_WITH_WAMID = select(Message.whatsapp_message_id, Message.id).where(
    is_among(Message.whatsapp_message_id, "wamids")
)
PAIR_LIMIT_CODES = [entry.code for entry in listed() if entry.action is Action.PAIR_WAIT]


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one intent, `at` the time of its answer; None: released before a byte left."""

    message_id: UUID
    outcome: SendOutcome | None
    at: datetime


def settle(results: Sequence[Result], now: datetime) -> None:
    """Write the outcomes and all that follows from them. The caller commits.

    Writing the same result twice changes nothing more, and it merges with statuses that came earlier.
    """
    if not results:
        return
    batch = AttemptBatch([result.message_id for result in results])
    wamids = _taken_wamids(results)
    consequences = Consequences()
    pair_limits = _earlier_pair_limits(batch, results)
    for result in results:
        attempt = batch.attempts.get(result.message_id)
        if attempt is None:
            continue
        if result.outcome is None:
            _release(attempt)
        elif result.outcome.kind is SendKind.ACCEPTED:
            _accept(attempt, result, wamids)
        elif result.outcome.kind is SendKind.UNKNOWN:
            _leave_unconfirmed(attempt, result)
        elif attempt.message["status"] == MessageStatus.QUEUED:
            _refuse(attempt, result, consequences, pair_limits, now)
    campaigns = batch.save(now)
    consequences.carry_out(now)
    complete_finished(campaigns, now)


def mark_orphans(epoch: int, now: datetime) -> int:
    """Messages that an earlier holder of the lease left open: nobody knows whether they were sent. Returns how many."""
    orphans = select(Message.id).where(
        Message.status == "queued", Message.unconfirmed_at.is_(None), Message.lease_epoch < epoch
    )
    marked = 0
    while ids := db.session.scalars(orphans.limit(500)).all():
        settle(
            [
                Result(id_, SendOutcome(SendKind.UNKNOWN, detail="The sender stopped in between."), now)
                for id_ in ids
            ],
            now,
        )
        db.session.flush()
        marked += len(ids)
    return marked


def _taken_wamids(results: Sequence[Result]) -> dict[str, UUID]:
    given = [
        result.outcome.wamid for result in results if result.outcome is not None and result.outcome.wamid
    ]
    return dict(db.session.execute(_WITH_WAMID, {"wamids": given}).all()) if given else {}


def _release(attempt: Attempt) -> None:
    untouched = (
        attempt.message["status"] == MessageStatus.QUEUED and attempt.message["whatsapp_message_id"] is None
    )
    if untouched:
        attempt.release()


def _accept(attempt: Attempt, result: Result, wamids: dict[str, UUID]) -> None:
    wamid = result.outcome.wamid
    if wamids.setdefault(wamid, attempt.message["id"]) == attempt.message["id"]:
        attempt.message["whatsapp_message_id"] = wamid
    else:
        log.error("WhatsApp gave message %s an id that another message has", attempt.message["id"])
    attempt.message["accepted_as"] = result.outcome.message_status
    attempt.raise_to(MessageStatus.SENT, result.at)


def _leave_unconfirmed(attempt: Attempt, result: Result) -> None:
    if attempt.message["status"] == MessageStatus.QUEUED and attempt.message["unconfirmed_at"] is None:
        attempt.message["unconfirmed_at"] = result.at
        attempt.mirror()
        log.warning(
            "Message %s is not confirmed: %s",
            attempt.message["id"],
            result.outcome.detail,
            extra={"campaign": attempt.message["campaign_id"]},
        )


def _earlier_pair_limits(batch: AttemptBatch, results: Sequence[Result]) -> Counter[UUID]:
    """How often WhatsApp has said already that these recipients were written to too fast: each time makes the wait longer."""
    told = [
        batch.attempts[result.message_id].message["recipient_id"]
        for result in results
        if result.message_id in batch.attempts and _is_pair_limit(result)
    ]
    if not told:
        return Counter()
    earlier = select(Message.recipient_id, func.count()).where(
        Message.recipient_id.in_(told), Message.failure_code.in_(PAIR_LIMIT_CODES)
    )
    return Counter(dict(db.session.execute(earlier.group_by(Message.recipient_id)).all()))


def _is_pair_limit(result: Result) -> bool:
    entry = result.outcome.entry if result.outcome is not None else None
    return entry is not None and entry.action is Action.PAIR_WAIT


def _refuse(
    attempt: Attempt,
    result: Result,
    consequences: Consequences,
    pair_limits: Counter[UUID],
    now: datetime,
) -> None:
    """WhatsApp did not take it: try again later, give this recipient up, pause the campaign, or stop the number."""
    outcome = result.outcome
    error, entry = outcome.error, outcome.entry
    action = Action.THROTTLE if entry is None else entry.action
    message, recipient = attempt.message, attempt.recipient
    message["status"] = MessageStatus.FAILED.value
    message["refused_at"] = message["failed_at"] = result.at
    reason = error.reason if error is not None else outcome.detail
    attempt.explain(error.code if error else None, error.title if error else None, reason)
    log.info("Message %s failed: %s", message["id"], reason, extra={"campaign": message["campaign_id"]})
    if entry is not None:
        consequences.add(message, entry, reason, result.at, now)
    if recipient is None:
        return
    if outcome.kind is SendKind.NOT_SENT:
        attempt.requeue(now + NOT_SENT_WAIT)
    elif action is Action.STOP_NUMBER:  # nobody is marked failed for what concerns the whole number
        attempt.requeue(now)
    elif action is Action.PAUSE_CAMPAIGN and entry.pause_after == 1:
        _requeue_or_fail(attempt, Action.RETRY, result, recipient["retry_count"], now)
    elif action not in (Action.NEVER, Action.OPT_OUT, Action.PAUSE_CAMPAIGN):
        tries = recipient["retry_count"] if spends_attempt(action) else pair_limits[message["recipient_id"]]
        if not _requeue_or_fail(attempt, action, result, tries, now) and entry is not None:
            consequences.add(message, replace(entry, action=entry.when_exhausted), reason, result.at, now)


def _requeue_or_fail(attempt: Attempt, action: Action, result: Result, tries: int, now: datetime) -> bool:
    """Whether it is tried again; `tries` made the wait longer already."""
    recipient, outcome = attempt.recipient, result.outcome
    entry = outcome.entry
    spends = spends_attempt(action)
    if spends and recipient["retry_count"] >= recipient["max_retries"]:
        return False
    most = entry.max_retries if entry is not None else None
    at_least = max(
        timedelta(seconds=outcome.retry_after_seconds or 0), entry.first_wait if entry else timedelta(0)
    )
    again = next_try_at(
        action,
        tries,
        now,
        random.random(),  # noqa: S311 - spreads the tries, guards nothing
        at_least=at_least,
        max_retries=most,
    )
    if again is None:
        return False
    attempt.requeue(again)
    recipient["retry_count"] += int(spends)
    return True
