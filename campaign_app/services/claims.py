"""Authorising sends: every gate in one transaction, which claims recipients and commits the intents to send to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import and_, bindparam, select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day, day_start
from campaign_app.domain.errors import Invalid
from campaign_app.domain.ids import new_id
from campaign_app.domain.message_components import components_for
from campaign_app.domain.tally import Standing, Tally
from campaign_app.domain.template_needs import TemplateNeeds, template_needs
from campaign_app.domain.template_text import MissingValue
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services import audit
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.attempts import complete_finished, move_batch
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.services.driver_rows import insert_all, stored_form, write_changes
from campaign_app.services.due_recipients import due_campaigns, due_recipients
from campaign_app.services.frozen_audience import empty_value_reason
from campaign_app.services.send_plans import window_of
from campaign_app.services.send_schedule import close_plan, today_batch
from campaign_app.services.why_waiting import OVERDUE_START
from campaign_app.whatsapp.payloads import send_request

RECIPIENTS = Recipient.__table__
MESSAGES = Message.__table__

OVERDUE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Intent:
    """One send that is authorised: committed, and then POSTed once, before the day ends whose limit it uses."""

    message_id: UUID
    campaign_id: UUID
    payload: dict
    leaves_before: datetime


def end_overdue(now: datetime) -> None:
    """Complete the campaigns whose end has passed, once their last answers have come; the unsent stay pending, and it is said
    how many they are."""
    in_flight = select(Recipient.id).where(
        Recipient.campaign_id == Campaign.id, Recipient.status == "queued", Recipient.unconfirmed_at.is_(None)
    )
    over = select(Campaign.id).where(
        Campaign.status.in_((CampaignStatus.ACTIVE, CampaignStatus.PAUSED)),
        Campaign.scheduled_end_date <= now,
        ~in_flight.exists(),
    )
    for campaign_id in db.session.scalars(over).all():
        lock_campaigns([campaign_id])
        campaign = db.session.get(Campaign, campaign_id, populate_existing=True)
        if campaign.scheduled_end_date is None or campaign.scheduled_end_date > now:
            continue
        unsent = campaign.messages_pending
        campaign.status = CampaignStatus.COMPLETED
        campaign.completed_at = now
        people = "1 person" if unsent == 1 else f"{unsent:,} people"
        campaign.status_reason = f"Its end was reached: {people} did not get it." if unsent else None
        db.session.flush()
        close_plan([campaign_id])
        audit.record("the app", "campaign.ended", "campaign", campaign_id, {"recipients": unsent}, now)


def hold_overdue_starts(last_run_at: datetime | None, now: datetime) -> None:
    """Pause the campaigns whose start was missed by more than an hour because nothing ran: after an outage, or on a restored
    copy, they must ask before they fire."""
    if last_run_at is None or now - last_run_at <= OVERDUE_AFTER:
        return
    missed = select(Campaign).where(
        Campaign.status == CampaignStatus.ACTIVE,
        Campaign.started_at.is_(None),
        Campaign.scheduled_start_date > last_run_at,
        Campaign.scheduled_start_date < now - OVERDUE_AFTER,
    )
    for campaign in db.session.scalars(missed):
        campaign.status = CampaignStatus.PAUSED
        campaign.status_reason = OVERDUE_START


def claim(most: int, epoch: int, limit: AccountLimit, now: datetime) -> list[Intent]:
    """Authorise up to `most` sends, campaign after campaign. The caller holds the lease in this transaction, commits, and
    only then talks to the network."""
    intents: list[Intent] = []
    limit.open(now)
    for campaign_id in due_campaigns(now):
        while len(intents) < most:
            claimed, skipped = _claim_of(campaign_id, most - len(intents), epoch, limit, now)
            intents += claimed
            if not skipped:
                break
    return intents


def _claim_of(
    campaign_id: UUID, most: int, epoch: int, limit: AccountLimit, now: datetime
) -> tuple[list[Intent], int]:
    """The intents, and how many candidates were skipped instead: then there may be more to claim."""
    campaign, used = _held(campaign_id, now)
    window = window_of(campaign)
    is_over = campaign.scheduled_end_date is not None and campaign.scheduled_end_date <= now
    if campaign.status != CampaignStatus.ACTIVE or is_over or (window and not window.is_open(now)):
        return [], 0
    used = today_batch(campaign, now).messages_authorised if used is None else used
    most = min(most, campaign.daily_send_limit - used)
    if most <= 0:
        return [], 0
    candidates = due_recipients(campaign, most, limit, now)
    fits = limit.admit([candidate.phone_number for candidate in candidates if candidate.reason is None], now)
    sendable, skipped = [], []
    needs = _needs(campaign)
    day_ends = _end_of_day(now)
    verdicts = iter(fits)
    for candidate in candidates:
        if candidate.reason is not None:
            skipped.append((candidate.id, candidate.reason))
        elif next(verdicts):
            message_id = new_id()
            try:
                sendable.append(
                    (
                        candidate,
                        Intent(
                            message_id,
                            campaign.id,
                            _payload(campaign, candidate, message_id, needs),
                            day_ends,
                        ),
                    )
                )
            except MissingValue as missing:
                skipped.append((candidate.id, empty_value_reason(missing.field)))
            except (Invalid, ValueError) as error:
                skipped.append((candidate.id, str(error)))
    if skipped:
        _skip(campaign, skipped, now)
    if sendable:
        _commit_intents(campaign, sendable, epoch, now)
    return [intent for _, intent in sendable], len(skipped)


def _held(campaign_id: UUID, now: datetime) -> tuple[Campaign, int | None]:
    """The campaign as it stands, locked, and how many were authorised today; None: it has no row for today."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    return db.session.execute(
        _HOLD_CAMPAIGN, {"wanted": campaign_id, "today": today}, execution_options={"populate_existing": True}
    ).one()


# Built once: to put such a statement together takes longer than to carry it out.
_HOLD_CAMPAIGN = (
    select(Campaign, SendBatch.messages_authorised)
    .outerjoin(
        SendBatch, and_(SendBatch.campaign_id == Campaign.id, SendBatch.send_date == bindparam("today"))
    )
    .where(Campaign.id == bindparam("wanted"))
    .with_for_update(of=Campaign)
)
_INTENDED = (
    "id", "campaign_id", "recipient_id", "attempt", "phone_number", "status", "send_date", "authorised_at", "lease_epoch",
    "created_at", "updated_at",
)  # fmt: skip


def _end_of_day(now: datetime) -> datetime:
    zone = current_app.config["SETTINGS"].zone
    return day_start(business_day(now, zone) + timedelta(days=1), zone)


def _needs(campaign: Campaign) -> TemplateNeeds | None:
    frozen = campaign.template_snapshot
    return None if frozen is None else template_needs(frozen["components"], frozen["parameter_format"])


def _payload(campaign: Campaign, candidate, message_id: UUID, needs: TemplateNeeds | None) -> dict:
    values = candidate.personal_values or {}
    components = components_for(campaign.template_components, candidate.template_parameters, values, needs)
    return send_request(
        candidate.phone_number, campaign.template_name, campaign.language_code, components, str(message_id)
    )


def _commit_intents(campaign: Campaign, sendable: list, epoch: int, now: datetime) -> None:
    day = business_day(now, current_app.config["SETTINGS"].zone)
    form = stored_form()
    at, of_campaign = form.of_instant(now), form.of_id(campaign.id)
    claimed, intended = [], []
    for candidate, intent in sendable:
        person, message, attempt = (
            form.of_id(candidate.id),
            form.of_id(intent.message_id),
            candidate.attempt + 1,
        )
        claimed.append((person, {"status": "queued", "attempt": attempt, "message_id": message}))
        intended.append(
            (
                message,
                of_campaign,
                person,
                attempt,
                candidate.phone_number,
                "queued",
                form.of(day),
                at,
                epoch,
                at,
                at,
            )
        )
    if write_changes(RECIPIENTS, claimed, now, still="pending") != len(claimed):
        raise RuntimeError("a recipient was claimed twice")  # cannot happen: the campaign is locked
    insert_all(MESSAGES, _INTENDED, intended)
    move_batch(campaign.id, day, len(sendable), 0, now)
    if campaign.started_at is None:
        campaign.started_at = now


def _skip(campaign: Campaign, skipped: list[tuple[UUID, str]], now: datetime) -> None:
    db.session.execute(
        update(RECIPIENTS)
        .where(RECIPIENTS.c.id == bindparam("row_id"))
        .values(status="skipped", skipped_reason=bindparam("why"), updated_at=now),
        [{"row_id": row_id, "why": reason} for row_id, reason in skipped],
    )
    tally = Tally()
    for _ in skipped:
        tally.move(Standing("pending"), Standing("skipped"), current_app.config["SETTINGS"].zone)
    add_tally(campaign.id, tally, now)
    complete_finished([campaign.id], now)
