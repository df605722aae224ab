"""A processing run: authorise, send, settle, until nothing more may leave now."""

import logging
import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError

from campaign_app.database import reading
from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import utc_now
from campaign_app.domain.rate_limit import Departures, Pace
from campaign_app.domain.retry_policy import Action
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim, end_overdue, hold_overdue_starts
from campaign_app.services.cloud_api import cloud_api, missing_settings
from campaign_app.services.dispatch import Dispatcher
from campaign_app.services.due_recipients import due_campaigns
from campaign_app.services.leases import LeaseHolder, LostLease
from campaign_app.services.number import change_number, sending_number
from campaign_app.services.retries import next_retry_at, retry_due
from campaign_app.services.send_outcomes import Result, mark_orphans, settle
from campaign_app.services.send_schedule import AT_ONCE, astray_plans, lay_out_again
from campaign_app.services.why_waiting import own_reason
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome

log = logging.getLogger(__name__)

# Seconds: departures are given out this far ahead; few intents are open that have not left yet
HORIZON = 0.05
UNCLEAR_IN_A_ROW = 5
PROBE_EVERY = timedelta(seconds=60)
LOOK_FOR_ENDS = 1.0  # seconds between two looks during a run
DATABASE_PAUSE = 0.5  # seconds
COMPANY = 0.015  # seconds that the first answer waits for others, to be written together
HURRY = 0.005  # the same while all places are taken: nobody can leave until it is written


class Sender:
    """Sends for as long as it holds the lease. One object a process: the pace must not begin anew with every run.

    Owns its short transactions: each one first makes sure of the lease, then settles answers and claims the next
    recipients. None is open while a request is under way.
    """

    def __init__(self, lease: LeaseHolder):
        settings = current_app.config["SETTINGS"]
        self.lease = lease
        self._stop = threading.Event()
        self._pace = Pace(settings.send_rate_per_second, time.monotonic())
        self._departures = Departures(settings.send_rate_per_second)
        self._limit = AccountLimit()
        self._unclear = 0  # unclear answers in a row
        self._touched: set[UUID] = set()  # campaigns whose recipients may not stand as they were planned
        self._ends_looked_at = time.monotonic()
        self._in_doubt = False  # whether the last commit may have gone through unseen

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight has been answered."""
        self._stop.set()

    def run(self) -> datetime | None:
        """Send all that is due. Returns when to look again at the latest, or None when nothing waits for a time."""
        if missing_settings():
            return None
        now = utc_now()
        orphans = mark_orphans(self.lease.epoch, now)
        end_overdue(now)
        hold_overdue_starts(sending_number().last_run_at, now)
        retry_due(now)
        change_number(last_run_at=now, run_requested_at=None)
        due = due_campaigns(now)
        db.session.commit()
        if orphans:
            log.warning("%d messages of a sender that stopped are not confirmed", orphans)
        log.info("Processing %d campaigns", len(due))
        self._follow_plans(AT_ONCE)
        if due:
            self._send_all()
            end_overdue(utc_now())
            db.session.commit()
            self._follow_plans()
        at = next_run_at(utc_now())
        db.session.rollback()
        return at

    def _follow_plans(self, at_most: int | None = None) -> None:
        """Lay out anew the plans that what happened has made untrue; before sending only those that take no time."""
        with reading():
            astray = astray_plans(utc_now(), self._touched, at_most)
            db.session.rollback()
        for campaign_id in astray:
            if self._stop.is_set() or not self.lease.hold():
                return
            lay_out_again(campaign_id, utc_now())
            db.session.commit()
            self._touched.discard(campaign_id)

    def _send_all(self) -> None:
        concurrency = current_app.config["SETTINGS"].send_concurrency
        dispatcher = Dispatcher(cloud_api(), concurrency, self._departures, self._may_send)
        results: list[Result] = []
        more, one_by_one = True, False
        self._pace.begin(time.monotonic())
        try:
            while more or dispatcher.in_flight or results:
                at_once = 1 if one_by_one else len(results)
                try:
                    more = self._step(dispatcher, results, at_once, more and not self._stop.is_set())
                    results = results[at_once:]
                except LostLease:
                    log.warning("The lease of the sender is lost")
                    db.session.rollback()
                    more = False
                except (OperationalError, InterfaceError) as error:
                    log.error("The database cannot be written, trying again: %s", type(error.orig).__name__)
                    db.session.rollback()
                    self._in_doubt = True
                    time.sleep(DATABASE_PAUSE)
                except Exception:  # whatever is in one answer, all the others must be settled
                    log.exception("A step of the sender failed")
                    db.session.rollback()
                    if one_by_one:
                        results = _without_answer(results[:1]) + results[1:]
                    more, one_by_one = False, True
                company = COMPANY if dispatcher.free > 0 else HURRY
                results += dispatcher.gather(0 if results else self._wait(dispatcher, more), company)
        finally:
            dispatcher.close()

    def _may_send(self) -> bool:
        return self.lease.is_trusted and not self._stop.is_set()

    def _step(self, dispatcher: Dispatcher, results: list[Result], at_once: int, more: bool) -> bool:
        """One transaction: settle the first `at_once` of `results`, authorise the next sends. Returns whether there may be
        more to claim."""
        now, clock = utc_now(), time.monotonic()
        if not more and not results:
            self.lease.hold()  # nobody else need look after what is still in flight
            return False
        if more:
            self.lease.authorise()
        if self._in_doubt:
            self._release_undispatched(dispatcher, results, now)
        number = sending_number()  # while it is held here, nobody below reads its row again
        settle(results[:at_once], now)
        self._learn(number, results[:at_once], now, clock)
        intents, slots = [], []
        if clock > self._ends_looked_at + LOOK_FOR_ENDS:
            end_overdue(now)
            self._ends_looked_at = clock
        if more and dispatcher.free > 0:
            most = self._permitted(number, now, dispatcher.free)
            slots = self._pace.slots(most, clock, HORIZON)
            intents = claim(len(slots), self.lease.epoch, self._limit, now) if slots else []
            more = most > 0 and (bool(intents) or not slots)
        db.session.commit()
        self._in_doubt = False
        self._pace.give_back(len(slots) - len(intents))
        self._touched.update(intent.campaign_id for intent in intents)
        for intent, departure in zip(intents, slots, strict=False):
            dispatcher.send(intent, departure)
        return more

    def _release_undispatched(self, dispatcher: Dispatcher, results: list[Result], now: datetime) -> None:
        """A commit whose answer was lost with the database may have stored intents that were never handed on."""
        known = dispatcher.in_flight_ids | {result.message_id for result in results}
        mine = select(Message.id).where(
            Message.status == "queued",
            Message.unconfirmed_at.is_(None),
            Message.lease_epoch == self.lease.epoch,
        )
        settle([Result(id_, None, now) for id_ in db.session.scalars(mine) if id_ not in known], now)

    def _permitted(self, number: SendingNumber, now: datetime, free: int) -> int:
        """How many may be authorised: none while the number is stopped, one a minute while WhatsApp is failing."""
        if number.stopped_at is not None:
            return 0
        if number.failing_since is None:
            return free
        if number.next_probe_at is not None and number.next_probe_at > now:
            return 0
        change_number(next_probe_at=now + PROBE_EVERY)
        return 1

    def _learn(self, number: SendingNumber, results: list[Result], now: datetime, clock: float) -> None:
        """Slow down when WhatsApp asks for it; break off after too many unclear answers in a row."""
        answered = False
        for outcome in (result.outcome for result in results if result.outcome is not None):
            entry = outcome.entry
            if entry is not None and entry.action is Action.THROTTLE:
                self._pace.throttled(clock, outcome.retry_after_seconds)
            failing = (
                outcome.kind in (SendKind.UNKNOWN, SendKind.NOT_SENT) or (outcome.http_status or 0) >= 500
            )
            self._unclear = self._unclear + 1 if failing else 0
            answered = answered or not failing
        if self._unclear >= UNCLEAR_IN_A_ROW and results and number.failing_since is None:
            change_number(failing_since=now, next_probe_at=now + PROBE_EVERY)
            log.error("WhatsApp gives no clear answers: sending is down to one message a minute")
        elif answered and number.failing_since is not None:
            change_number(failing_since=None, next_probe_at=None)

    def _wait(self, dispatcher: Dispatcher, more: bool) -> float:
        """Seconds until there is something to do, unless an answer comes first."""
        if not more or dispatcher.free <= 0:
            return 0.25
        return min(0.25, max(0.0, self._pace.next_slot() - time.monotonic() - HORIZON / 2))


def _without_answer(part: list[Result]) -> list[Result]:
    """In place of an answer that the database refuses: it is not known. Nothing in place of that, if it is refused too."""
    unknown = SendOutcome(SendKind.UNKNOWN, detail="The answer could not be stored.")
    return [
        Result(one.message_id, unknown, one.at)
        for one in part
        if one.outcome is not None and one.outcome != unknown
    ]


def next_run_at(now: datetime) -> datetime | None:
    """The earliest time at which something that waits now may go on."""
    times = [next_retry_at(now)]
    number = sending_number()
    active = select(Campaign).where(Campaign.status == CampaignStatus.ACTIVE, Campaign.messages_pending > 0)
    for campaign in db.session.scalars(active):
        waiting = own_reason(campaign, now)
        next_try = select(func.min(Recipient.next_try_at)).where(
            Recipient.campaign_id == campaign.id, Recipient.status == "pending"
        )
        if waiting is not None:
            times.append(waiting.until)
        elif number.stopped_at is None:
            blocked_until = number.next_probe_at if number.failing_since else number.limit_frees_at
            times += [max(blocked_until or now, db.session.scalar(next_try) or now)]
        times.append(campaign.scheduled_end_date)
    return min((at for at in times if at is not None), default=None)
