"""Why a campaign is not sending right now, and when it goes on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import current_app

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day, day_start
from campaign_app.models.campaign import Campaign
from campaign_app.services.account_state import AccountState
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.number import messaging_limit
from campaign_app.services.send_plans import window_of
from campaign_app.services.send_schedule import batch_of
from campaign_app.services.sending_queue import InLine, SendingQueue, sending_order, sending_queue
from campaign_app.whatsapp.error_catalogue import lookup

ENDS_BEFORE = "Its end comes first: those who are left will not get it."
OVERDUE_START = "Its start was missed while the app was not running. Resume it if it may still be sent."

RESTORED_COPY = (
    "This is a restored copy of the database: nothing is sent until an administrator says that it may."
)


@dataclass(frozen=True)
class Waiting:
    """`reason` is a word for programs, `message` a sentence for people, `until` the time at which it goes on, if known."""

    reason: str
    message: str
    until: datetime | None = None

    def as_json(self) -> dict:
        return {
            "reason": self.reason,
            "message": self.message,
            "until": self.until.isoformat() if self.until else None,
        }


def why_waiting(campaign: Campaign, now: datetime, queue: SendingQueue | None = None) -> Waiting | None:
    """None while it is sending, or when there is nothing left to send. `queue`: where it is known already."""
    if campaign.status == CampaignStatus.DRAFT:
        return Waiting(
            "not_started",
            "This is a draft: nothing is sent before it is launched.",
            campaign.scheduled_start_date,
        )
    if campaign.status == CampaignStatus.PAUSED:
        if campaign.status_reason == OVERDUE_START:
            return Waiting("overdue_start", OVERDUE_START)
        return Waiting("paused", campaign.status_reason or "The campaign is paused.")
    if campaign.status != CampaignStatus.ACTIVE or campaign.messages_pending <= 0:
        return None
    queue = queue or sending_queue(now)
    place = queue.place_of(campaign)
    waiting = (
        _everybody_waits(queue.account, now)
        or own_reason(campaign, now, place.used_today)
        or _waits_for_others(place, queue, now)
        or _waits_to_retry(place, now)
    )
    return waiting and _before_the_end(campaign, waiting)


def _before_the_end(campaign: Campaign, waiting: Waiting) -> Waiting:
    """It does not go on at a time at which it is over."""
    end = campaign.scheduled_end_date
    if end is None or waiting.until is None or waiting.until < end:
        return waiting
    return replace(waiting, message=f"{waiting.message} {ENDS_BEFORE}", until=None)


def own_reason(campaign: Campaign, now: datetime, used_today: int | None = None) -> Waiting | None:
    """What holds this active campaign back by its own settings: its start, its window, its daily limit, of which `used_today`
    messages are used; looked up where it is not given."""
    window = window_of(campaign)
    if campaign.is_scheduled(now):
        start = campaign.scheduled_start_date
        return Waiting(
            "not_started", "Its start is still to come.", window.opens_at(start) if window else start
        )
    zone = current_app.config["SETTINGS"].zone
    today = business_day(now, zone)
    if used_today is None:
        row = batch_of(campaign, today)
        used_today = row.messages_authorised if row else 0
    opens_at = window.opens_at(now) if window else now
    if used_today >= campaign.daily_send_limit and business_day(opens_at, zone) == today:
        tomorrow = day_start(today + timedelta(days=1), zone)
        message = f"Today's limit of {campaign.daily_send_limit:,} messages is used."
        return Waiting("daily_limit", message, window.opens_at(tomorrow) if window else tomorrow)
    if opens_at > now:
        return Waiting("outside_window", "It is outside the hours in which this campaign may send.", opens_at)
    return None


def _everybody_waits(account: AccountState, now: datetime) -> Waiting | None:
    if account.is_on_hold:
        return Waiting("paused", RESTORED_COPY)
    missing = missing_settings()
    if missing:
        return Waiting(
            "number_stopped", f"WhatsApp is not set up: {', '.join(missing)} must be set on the server."
        )
    number = account.number
    if number.stopped_at is not None:
        reason = (number.stopped_reason or "WhatsApp refused").rstrip(". ")
        advice = lookup(number.stopped_code).advice if number.stopped_code is not None else ""
        message = f"Sending is stopped for the whole number: {reason}. {advice}".strip()
        return Waiting("number_stopped", message)
    if not account.sender_runs:
        message = "No sender is running: the app's timed jobs are switched off or have stopped. Ask whoever runs the server."
        return Waiting("no_scheduler", message)
    if number.failing_since is not None:
        message = "WhatsApp gives no clear answers at the moment. One message a minute tries whether it is well again."
        return Waiting("provider_failing", message, number.next_probe_at)
    return None


def _waits_for_others(place: InLine, queue: SendingQueue, now: datetime) -> Waiting | None:
    campaign, number = place.campaign, queue.account.number
    window = window_of(campaign)
    if number.limit_frees_at is not None and number.limit_frees_at > now:
        limit = messaging_limit(number)
        message = f"WhatsApp's limit of {limit or 0:,} customers in 24 hours is used, all campaigns together."
        frees_at = number.limit_frees_at
        return Waiting("account_limit", message, window.opens_at(frees_at) if window else frees_at)
    for other in queue.line:
        if sending_order(other.campaign) >= sending_order(campaign):
            break
        if other.has_due(now) and own_reason(other.campaign, now, other.used_today) is None:
            message = f"“{other.campaign.name}” goes first, with {other.campaign.messages_pending:,} to go."
            return Waiting("higher_priority", message)
    return None


def _waits_to_retry(place: InLine, now: datetime) -> Waiting | None:
    until = place.next_try_at
    if until is None or until <= now:
        return None
    window = window_of(place.campaign)
    until = window.opens_at(until) if window else until
    return Waiting("provider_failing", "WhatsApp asked to try the last ones again later.", until)
