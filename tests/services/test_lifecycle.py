"""Pausing, resuming, cancelling: each move once, whoever clicks, and no way back from the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from campaign_app.domain.campaign_status import MOVES, CampaignStatus
from campaign_app.domain.errors import Conflict, NotFound, Refused
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.attempts import complete_finished
from campaign_app.services.claims import claim
from campaign_app.services.lifecycle import cancel, pause, resume
from campaign_app.services.number import sending_number
from campaign_app.services.retries import retry_failed
from campaign_app.services.send_schedule import lay_out, schedule_days
from tests.makers import NOON, a_campaign, waiting

VERBS = {"pause": pause, "resume": resume, "cancel": cancel}


@pytest.mark.parametrize("verb", sorted(VERBS))
@pytest.mark.parametrize("status", list(CampaignStatus))
def test_only_what_is_permitted_happens(app, verb, status):
    campaign = a_campaign(status=status)
    sources, target = MOVES[verb]
    if status in sources:
        VERBS[verb](campaign.id, "ana@example.com", NOON)
        db.session.commit()
        assert campaign.status == target
        assert db.session.scalars(select(AuditEntry.actor)).all() == ["ana@example.com"]
    else:
        with pytest.raises(Conflict) as refusal:
            VERBS[verb](campaign.id, "ana@example.com", NOON)
        db.session.rollback()
        assert status in refusal.value.sentence
        assert campaign.status == status
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_what_does_not_exist_is_not_found(app):
    for verb in VERBS.values():
        with pytest.raises(NotFound):
            verb(new_id(), "test", NOON)


def test_it_says_who_paused_it_until_it_goes_on(app):
    campaign = a_campaign()
    waiting(campaign, 3)
    pause(campaign.id, "ana@example.com", NOON)
    assert campaign.status_reason == "Paused by ana@example.com."
    resume(campaign.id, "bo@example.com", NOON)
    assert campaign.status_reason is None


def test_of_a_paused_or_cancelled_campaign_nothing_is_claimed(app):
    campaign = a_campaign()
    waiting(campaign, 3)
    pause(campaign.id, "test", NOON)
    db.session.commit()
    assert claim(10, 1, AccountLimit(), NOON) == []
    resume(campaign.id, "test", NOON)
    db.session.commit()
    assert len(claim(1, 1, AccountLimit(), NOON)) == 1
    db.session.commit()
    cancel(campaign.id, "test", NOON)
    db.session.commit()
    assert claim(10, 1, AccountLimit(), NOON) == []


def test_resuming_lays_the_plan_out_anew_from_today(app):
    campaign = a_campaign(daily_send_limit=2)
    waiting(campaign, 5)
    lay_out(campaign, NOON)
    pause(campaign.id, "test", NOON)
    later = NOON + timedelta(days=9)
    resume(campaign.id, "test", later)
    db.session.commit()
    assert [batch.send_date for batch in schedule_days(campaign)] == [
        later.date() + timedelta(days=ahead) for ahead in range(3)
    ]
    assert sending_number().run_requested_at == later


def test_after_its_end_it_cannot_go_on(app):
    campaign = a_campaign(status="paused", scheduled_end_date=NOON)
    with pytest.raises(Conflict):
        resume(campaign.id, "test", NOON)


def test_a_cancelled_campaign_never_comes_back(app):
    campaign = a_campaign()
    waiting(campaign, 3)
    cancel(campaign.id, "test", NOON)
    db.session.commit()
    for attempt in (
        lambda: resume(campaign.id, "test", NOON),
        lambda: pause(campaign.id, "test", NOON),
        lambda: retry_failed(campaign.id, "test", NOON),
    ):
        with pytest.raises(Conflict):
            attempt()
        db.session.rollback()
    assert complete_finished([campaign.id], NOON) == []
    assert (campaign.status, campaign.completed_at, campaign.messages_pending) == ("cancelled", NOON, 3)


def at_once(app, *moves) -> list[bool]:
    """Every move in a thread of its own; whether it was done."""
    barrier = Barrier(len(moves))

    def click(move) -> bool:
        with app.app_context():
            barrier.wait()
            try:
                move()
                db.session.commit()
                return True
            except Refused:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(moves)) as pool:
        return list(pool.map(click, moves))


def test_twenty_pauses_at_once_are_one_pause(app):
    campaign_id = a_campaign().id
    db.session.commit()
    assert sum(at_once(app, *[lambda: pause(campaign_id, "test", NOON)] * 20)) == 1
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_whoever_is_first_a_cancelled_campaign_stays_cancelled(app):
    campaign_id = a_campaign(status="paused").id
    db.session.commit()
    verbs = [
        lambda: resume(campaign_id, "test", NOON),
        lambda: cancel(campaign_id, "test", NOON),
        lambda: pause(campaign_id, "test", NOON),
    ]
    done = at_once(app, *verbs * 4)
    assert sum(done[1::3]) == 1
    assert db.session.get(Campaign, campaign_id, populate_existing=True).status == "cancelled"
