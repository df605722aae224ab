"""Why messages failed, and what to do: counts by error code, and the recipients behind them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from campaign_app.domain.retry_policy import may_retry_by_hand
from campaign_app.domain.tally import NO_CODE, percentage
from campaign_app.extensions import db
from campaign_app.models.analytics import FailureCount
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.whatsapp.error_catalogue import lookup


@dataclass(frozen=True)
class FailureRow:
    """One error code. `share` is of all failures, in percent; `also_known_as` is the wording that staff know it by."""

    code: int | None
    title: str
    meaning: str
    advice: str
    also_known_as: str | None
    retryable: bool
    failures: int
    share: float
    first_failed_at: datetime | None
    last_failed_at: datetime | None
    campaigns: list[tuple[UUID, str, int]]  # id, name, failures; most first


def failure_table(campaign_id: UUID | None = None) -> list[FailureRow]:
    """Failures by error code, most first: of one campaign, or of all but tests."""
    counts = (
        select(FailureCount, Campaign.name)
        .join(Campaign, Campaign.id == FailureCount.campaign_id)
        .where(FailureCount.failures > 0)
        .order_by(FailureCount.failures.desc(), FailureCount.code)
    )
    if campaign_id is not None:
        counts = counts.where(FailureCount.campaign_id == campaign_id)
    else:
        counts = counts.where(Campaign.is_test.is_(False))
    by_code: dict[int, list] = {}
    for count, name in db.session.execute(counts).all():
        by_code.setdefault(count.code, []).append((count, name))
    total = sum(count.failures for rows in by_code.values() for count, _ in rows)
    table = [_row(code, rows, total) for code, rows in by_code.items()]
    return sorted(table, key=lambda row: (-row.failures, row.code or 0))


def _row(code: int, rows: list, total: int) -> FailureRow:
    entry = lookup(None if code == NO_CODE else code)
    failures = sum(count.failures for count, _ in rows)
    return FailureRow(
        code=None if code == NO_CODE else code,
        title=next((count.title for count, _ in rows if count.title), None)
        or entry.title
        or "Not explained by WhatsApp",
        meaning=entry.meaning,
        advice=entry.advice,
        also_known_as=entry.also_known_as,
        retryable=may_retry_by_hand(entry.action),
        failures=failures,
        share=percentage(failures, total),
        first_failed_at=min(
            (count.first_failed_at for count, _ in rows if count.first_failed_at), default=None
        ),
        last_failed_at=max((count.last_failed_at for count, _ in rows if count.last_failed_at), default=None),
        campaigns=[(count.campaign_id, name, count.failures) for count, name in rows],
    )


@dataclass(frozen=True)
class FailedRecipient:
    """The seed's columns of a failed message."""

    recipient_id: UUID
    campaign_id: UUID
    campaign_name: str
    phone_number: str
    name: str | None
    failure_code: int | None
    failure_reason: str | None
    retry_count: int
    failed_at: datetime


def failed_recipients(
    campaign_id: UUID | None = None,
    code: int | None = None,
    limit: int = 50,
    after: tuple[datetime, UUID] | None = None,
) -> list[FailedRecipient]:
    """Failed recipients, latest first: of one campaign, or of all but tests; `after` is (failed_at, recipient_id) of the last one of the page before."""
    failed = (
        select(
            Recipient.id, Recipient.campaign_id, Campaign.name.label("campaign_name"), Recipient.phone_number, Recipient.name,
            Recipient.failure_code, Recipient.failure_reason, Recipient.retry_count, Recipient.failed_at,
        )
        .join(Campaign, Campaign.id == Recipient.campaign_id)
        .where(Recipient.status == "failed")
        .order_by(Recipient.failed_at.desc(), Recipient.id.desc())
        .limit(limit)
    )  # fmt: skip
    if campaign_id is not None:
        failed = failed.where(Recipient.campaign_id == campaign_id)
    else:
        failed = failed.where(Campaign.is_test.is_(False))
    if code is not None:
        wanted = Recipient.failure_code.is_(None) if code == NO_CODE else Recipient.failure_code == code
        failed = failed.where(wanted)
    if after is not None:
        failed = failed.where(tuple_(Recipient.failed_at, Recipient.id) < tuple_(*after))
    return [FailedRecipient(*row) for row in db.session.execute(failed).all()]
