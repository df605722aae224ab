"""The proof of the counters: a wrong one is found wherever it is planted, and repaired."""

import pytest
from sqlalchemy import delete, select, update

from campaign_app.domain.tally import CAMPAIGN_COUNTERS, DAILY_COUNTERS
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, FailureCount, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.services.recount import mismatches, repair, snapshot
from campaign_app.services.replies import apply_replies
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.status_updates import apply_statuses
from campaign_app.whatsapp.errors import GraphError
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.makers import NOON, a_campaign, minutes, sent_out, waiting
from tests.services.test_replies import LATER, an_answer
from tests.services.test_status_updates import DELIVERED, FAILED, READ, a_status, accepted

TABLES = {Campaign: CAMPAIGN_COUNTERS, DailyAnalytics: DAILY_COUNTERS, HourlyAnalytics: DAILY_COUNTERS, FailureCount: ("failures",), SendBatch: ("messages_authorised", "messages_sent")}  # fmt: skip
PLANTED = [(model, counter) for model, counters in TABLES.items() for counter in counters]


@pytest.fixture
def campaign(app) -> Campaign:
    """One with something in every counter: pending, not confirmed, sent, delivered, read, failed, refused, skipped."""
    campaign = a_campaign()
    messages = sent_out(campaign, 7)
    refused = SendOutcome(
        SendKind.REFUSED, error=GraphError(131026, "Message undeliverable", None, None), http_status=400
    )
    lost = SendOutcome(SendKind.UNKNOWN, detail="The answer was lost.")
    settle(
        [
            *map(accepted, messages[:4]),
            Result(messages[4]["id"], refused, NOON),
            Result(messages[5]["id"], lost, NOON),
        ],
        NOON,
    )
    apply_statuses(
        [a_status(messages[1], DELIVERED), a_status(messages[2], READ), a_status(messages[3], FAILED)], NOON
    )
    apply_replies([an_answer(messages[0])], LATER)
    db.session.commit()
    rows = waiting(campaign, 3)
    record_opt_out(rows[0]["phone_number"], "word", None, "test", NOON)
    assert len(claim(1, 1, AccountLimit(), NOON)) == 1
    db.session.commit()
    assert mismatches() == []
    return campaign


def test_every_counter_has_something_to_count(campaign):
    found = {name: getattr(campaign, name) for name in CAMPAIGN_COUNTERS}
    assert found == {
        "total_target_customers": 9, "messages_sent": 4, "messages_delivered": 2, "messages_read": 1, "messages_failed": 2,
        "messages_refused": 1, "messages_pending": 3, "messages_unconfirmed": 1, "recipients_skipped": 1,
        "messages_replied": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "counter"), PLANTED, ids=[f"{model.__name__}.{counter}" for model, counter in PLANTED]
)
def test_a_planted_wrong_counter_is_found_and_repaired(campaign, model, counter):
    row = db.session.scalars(select(model)).first()
    right = getattr(row, counter)
    setattr(row, counter, right + 7)
    db.session.commit()

    (found,) = mismatches()
    assert (found.campaign_id, found.counter, found.stored, found.counted) == (
        campaign.id,
        counter,
        right + 7,
        right,
    )

    repair()
    db.session.commit()
    assert mismatches() == []
    assert getattr(row, counter) == right


@pytest.mark.parametrize("model", [DailyAnalytics, HourlyAnalytics, FailureCount, SendBatch])
def test_rows_of_counts_that_are_gone_are_made_anew(campaign, model):
    db.session.execute(delete(model))
    db.session.commit()
    assert {one.stored for one in mismatches()} == {0}

    repair()
    db.session.commit()
    assert mismatches() == []


def test_counts_of_nothing_go_back_to_nothing(campaign):
    db.session.add(FailureCount(campaign_id=campaign.id, code=4711, failures=3))
    db.session.commit()
    assert [one.where for one in mismatches()] == ["code 4711"]
    repair()
    db.session.commit()
    assert mismatches() == []


@pytest.mark.parametrize(
    "zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana"]
)
def test_days_are_counted_in_the_business_zone(app, zone):
    """Midnights of these zones lie at a quarter, at half past and at the full hour, UTC."""
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = type(settings)(**{**settings.__dict__, "business_timezone": zone})
    campaign = a_campaign()
    messages = sent_out(campaign, 96)
    results = [type(one)(one.message_id, one.outcome, NOON.replace(hour=place // 4, minute=15 * (place % 4), second=59))
               for place, one in enumerate(map(accepted, messages))]  # fmt: skip
    settle(results, NOON)
    db.session.commit()
    assert len(db.session.scalars(select(DailyAnalytics)).all()) == 2
    assert mismatches() == []


def test_only_the_first_three_days_are_counted_by_the_hour(app):
    campaign = a_campaign()
    hours = (-2, -1, 0, 1, 71, 72, 500)  # from the start on; the hour before it is for clocks that differ
    messages = sent_out(campaign, len(hours), NOON + minutes(59))
    settle(
        [
            type(one)(one.message_id, one.outcome, NOON + minutes(60 * hour + 1))
            for hour, one in zip(hours, map(accepted, messages), strict=True)
        ],
        NOON,
    )
    db.session.commit()
    kept = db.session.execute(select(HourlyAnalytics.hour, HourlyAnalytics.messages_sent)).all()
    assert sorted(kept) == [(NOON + minutes(60 * hour), 1) for hour in (-1, 0, 1, 71)]
    assert mismatches() == []


def test_a_day_with_many_reports_about_few_messages_can_be_kept(app):
    """One sent and 20,000 delivered on one day is 2,000,000.0 %."""
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    settle([accepted(message)], NOON)
    db.session.execute(update(DailyAnalytics).values(messages_delivered=20_000))
    apply_statuses([a_status(message, DELIVERED)], NOON)
    db.session.commit()
    assert float(db.session.scalar(select(DailyAnalytics.delivery_rate))) == 2_000_100.0


def test_a_recount_sees_one_moment_while_others_go_on(campaign):
    with snapshot():
        before = mismatches()
        with db.engine.begin() as connection:
            connection.execute(update(Campaign.__table__).values(messages_sent=99))
        assert before == mismatches() == []
    assert [one.stored for one in mismatches()] == [99]


def run(app, *arguments: str):
    db.session.remove()
    return app.test_cli_runner().invoke(args=["verify-counters", *arguments])


def test_the_command_says_that_all_is_well(app, campaign):
    result = run(app)
    assert (result.exit_code, result.output) == (0, "Every counter equals its recount.\n")


def test_the_command_names_what_is_wrong_and_fails_until_it_is_repaired(app, campaign):
    campaign_id = campaign.id
    db.session.execute(update(Campaign).values(messages_read=Campaign.messages_read + 3))
    db.session.commit()

    result = run(app)
    assert result.exit_code == 1
    assert f"{campaign_id} campaign: messages_read is 4, counted 1" in result.output
    assert "--repair" in result.output.splitlines()[-1]

    assert run(app, "--repair").exit_code == 0
    assert run(app).exit_code == 0
