"""Whatever happens, in whatever order, the plan stays true: rows, planned days, limits, hours, ends and counters."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from campaign_app.domain.clock import business_day, day_start
from campaign_app.domain.errors import Refused
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import AccountLimit, customers_since
from campaign_app.services.campaigns import create_campaign, edit_campaign
from campaign_app.services.claims import claim, end_overdue
from campaign_app.services.forecast import estimated_completion_on, forecast_of
from campaign_app.services.launch import launch
from campaign_app.services.lifecycle import cancel, pause, resume
from campaign_app.services.recipients import add_recipients
from campaign_app.services.recount import mismatches
from campaign_app.services.retries import retry_due, retry_failed
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.send_plans import window_of
from campaign_app.services.send_schedule import astray_plans, lay_out_again, schedule_days
from campaign_app.services.unconfirmed import give_up, send_again
from campaign_app.whatsapp.errors import GraphError
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.makers import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOWS = [
    None,
    {"start": "09:00", "end": "11:00"},
    {"days": ["mon", "wed", "fri"], "start": "08:00", "end": "20:00"},
    {"days": ["tue", "sat"], "start": "22:00", "end": "03:00"},
]
ZONES = [None, "Asia/Kolkata", "America/Havana"]
ENDS = [None, 5, 30, 100, 300]  # hours from now
LIMITS = st.integers(1, 12)
# accepted, an answer that got lost, and refusals: for good, throttled, once more a day later, pausing the campaign
OUTCOMES = ["accepted", "accepted", "accepted", "lost", 131026, 130429, 131049, 132001]
ACCOUNT_LIMITS = ["unlimited", 4, 9, 30]
FEW_CAMPAIGNS = 3


class AnyPlan(RuleBasedStateMachine):
    """Campaigns of a few people; `now` is the machine's own time."""

    def __init__(self, app):
        super().__init__()
        self.app = app
        self.now = NOON
        self.sent = 0
        self.highest: dict = defaultdict(int)  # (campaign, day) -> the highest daily limit that held on it
        db.session.rollback()
        for table in reversed(db.metadata.sorted_tables):
            if table.name != "audit_entries":  # it only grows
                db.session.execute(table.delete())
        db.session.add(MessageTemplate(name="sale", language="en_US", status="APPROVED", components=[
            {"type": "BODY", "text": "Everything must go."}], category="MARKETING"))  # fmt: skip
        db.session.commit()

    @initialize(zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/Havana"]))
    def a_business(self, zone):
        self.app.config["SETTINGS"] = replace(
            self.app.config["SETTINGS"], messaging_limit="unlimited", business_timezone=zone
        )

    # ---- what happens ---------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.campaigns()) < FEW_CAMPAIGNS)
    @rule(
        people=st.integers(1, 25), first=st.integers(0, 20), limit=LIMITS, priority=st.integers(1, 3),
        window=st.sampled_from(WINDOWS), zone=st.sampled_from(ZONES), start=st.sampled_from([None, 3, 50]),
        end=st.sampled_from(ENDS),
    )  # fmt: skip
    def launch(self, people, first, limit, priority, window, zone, start, end):
        starts_at = None if start is None else self.now + start * HOUR
        fields = {
            "name": f"Campaign {people}", "template_name": "sale", "daily_send_limit": limit, "priority": priority,
            "send_window": window, "timezone": zone, "scheduled_start_date": starts_at,
            "scheduled_end_date": None if end is None else (starts_at or self.now) + end * HOUR,
        }  # fmt: skip
        campaign = create_campaign(fields, "test", self.now)
        numbers = [{"phone_number": f"+91981234{first + place:04}"} for place in range(people)]
        add_recipients(campaign, numbers, self.now)
        db.session.commit()
        launch(campaign.id, "test", self.now)
        self.done()

    @rule(hours=st.sampled_from([1, 7, 24, 24, 90]))
    def time_passes(self, hours):
        self.now += hours * HOUR

    @rule(most=st.integers(1, 30), fates=st.lists(st.sampled_from(OUTCOMES), min_size=30, max_size=30))
    def the_sender_runs(self, most, fates):
        end_overdue(self.now)
        retry_due(self.now)
        db.session.commit()
        self.follow_plans()
        limit = AccountLimit()
        allowed = self.app.config["SETTINGS"].messaging_limit
        before = customers_since(self.now - DAY)
        intents = claim(most, 1, limit, self.now)
        db.session.commit()
        if allowed != "unlimited":
            assert customers_since(self.now - DAY) <= max(allowed, before)
        settle(
            [
                Result(one.message_id, self.outcome(fate), self.now)
                for one, fate in zip(intents, fates, strict=False)
            ],
            self.now,
        )
        touched = {intent.campaign_id for intent in intents}
        end_overdue(self.now)
        self.done()
        self.follow_plans(touched)
        self.plans_are_those_of_now()

    @rule(which=st.integers(0, FEW_CAMPAIGNS - 1), limit=LIMITS)
    def the_limit_changes(self, which, limit):
        self.edit(which, daily_send_limit=limit)

    @rule(
        which=st.integers(0, FEW_CAMPAIGNS - 1), window=st.sampled_from(WINDOWS), zone=st.sampled_from(ZONES)
    )
    def the_hours_change(self, which, window, zone):
        self.edit(which, send_window=window, timezone=zone)

    @rule(which=st.integers(0, FEW_CAMPAIGNS - 1), end=st.sampled_from(ENDS))
    def the_end_changes(self, which, end):
        self.edit(which, scheduled_end_date=None if end is None else self.now + end * HOUR)

    @rule(which=st.integers(0, FEW_CAMPAIGNS - 1), priority=st.integers(1, 3))
    def the_priority_changes(self, which, priority):
        self.edit(which, priority=priority)

    @rule(limit=st.sampled_from(ACCOUNT_LIMITS))
    def the_accounts_limit_changes(self, limit):
        self.app.config["SETTINGS"] = replace(self.app.config["SETTINGS"], messaging_limit=limit)

    @rule(
        which=st.integers(0, FEW_CAMPAIGNS - 1),
        verb=st.sampled_from([pause, pause, resume, resume, resume, cancel, retry_failed]),
    )
    def staff_click(self, which, verb):
        self.attempt(which, lambda campaign: verb(campaign.id, "test", self.now))

    @rule(which=st.integers(0, FEW_CAMPAIGNS - 1), verb=st.sampled_from([send_again, give_up]))
    def staff_decide_about_the_unconfirmed(self, which, verb):
        self.attempt(which, lambda campaign: verb(campaign.id, None, "test", self.now))

    # ---- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def rows_and_planned_days_agree(self):
        for campaign in self.campaigns():
            days = schedule_days(campaign)
            for day in days:
                assert day.batch_size == day.messages_authorised + day.messages_remaining
                assert 0 <= day.messages_remaining <= campaign.daily_send_limit
            planned = self.planned_days(campaign)
            pending = sum(planned.values())
            planned.pop(None, None)
            assert planned == {
                day.send_date: day.messages_remaining for day in days if day.messages_remaining
            }
            assert sum(planned.values()) <= pending
            if campaign.status in ("completed", "cancelled"):
                assert planned == {}

    @invariant()
    def no_day_is_outside_the_hours_or_behind_the_end(self):
        zone = self.app.config["SETTINGS"].zone
        for campaign in self.campaigns():
            window, end = window_of(campaign), campaign.scheduled_end_date
            for day in schedule_days(campaign):
                if day.messages_remaining:
                    opens_at = day_start(day.send_date, zone)
                    opens_at = window.opens_at(opens_at) if window else opens_at
                    assert opens_at < day_start(day.send_date + DAY, zone)
                    assert end is None or opens_at < end

    @invariant()
    def no_day_carried_more_than_its_limit(self):
        used = select(Message.campaign_id, Message.send_date, func.count()).where(
            Message.refused_at.is_(None)
        )
        for campaign_id, day, messages in db.session.execute(
            used.group_by(Message.campaign_id, Message.send_date)
        ):
            assert messages <= self.highest[campaign_id, day]

    @invariant()
    def every_counter_equals_its_recount(self):
        assert mismatches() == []

    def plans_are_those_of_now(self):
        assert astray_plans(self.now) == []
        for campaign in self.campaigns():
            if campaign.status == "active" and campaign.messages_pending:
                told = forecast_of(campaign, self.now)
                open_days = [day for day in schedule_days(campaign) if day.messages_remaining]
                assert told.ends_on == (open_days[-1].send_date if open_days else None)
                assert (
                    sum(day.messages_remaining for day in open_days) + told.unplanned
                    == campaign.messages_pending
                )
                if not told.unplanned:
                    assert estimated_completion_on(campaign, self.now) == told.ends_on

    # ---- the machine's own ----------------------------------------------------------------------------------------

    def campaigns(self) -> list[Campaign]:
        return list(db.session.scalars(select(Campaign).order_by(Campaign.created_at, Campaign.id)))

    def planned_days(self, campaign: Campaign) -> Counter:
        planned = select(Recipient.scheduled_send_date, func.count()).where(
            Recipient.campaign_id == campaign.id, Recipient.status == "pending"
        )
        return Counter(dict(db.session.execute(planned.group_by(Recipient.scheduled_send_date)).all()))

    def edit(self, which: int, **changes) -> None:
        self.attempt(which, lambda campaign: edit_campaign(campaign, changes, "test", self.now))

    def attempt(self, which: int, deed) -> None:
        campaigns = self.campaigns()
        if which < len(campaigns):
            try:
                deed(campaigns[which])
            except Refused:
                db.session.rollback()
        self.done()

    def done(self) -> None:
        db.session.commit()
        db.session.expire_all()
        today = business_day(self.now, self.app.config["SETTINGS"].zone)
        for campaign in self.campaigns():
            key = campaign.id, today
            self.highest[key] = max(self.highest[key], campaign.daily_send_limit)

    def follow_plans(self, touched=()) -> None:
        for campaign_id in astray_plans(self.now, touched):
            lay_out_again(campaign_id, self.now)
            db.session.commit()
        self.done()

    def outcome(self, fate) -> SendOutcome:
        self.sent += 1
        if fate == "accepted":
            return SendOutcome(SendKind.ACCEPTED, wamid=f"wamid.{self.sent}", message_status="accepted")
        if fate == "lost":
            return SendOutcome(SendKind.UNKNOWN, detail="lost")
        return SendOutcome(
            SendKind.REFUSED, error=GraphError(fate, "Title", "Message", None), http_status=400
        )


def any_plan(app, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: AnyPlan(app),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_plan_stays_true_whatever_happens(app):
    any_plan(app, examples=12, steps=15)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_plan_stays_true_whatever_happens_for_long(app):
    any_plan(app, examples=150, steps=40)
