"""The check before a launch says exactly what the launch then does, what stands in the way, and what to mind."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.launch import launch
from campaign_app.services.message_templates import find_template
from campaign_app.services.number import stop_number
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.services.preflight import LeftOut, preflight
from campaign_app.services.recipients import add_recipients
from tests.customers_made import NOW, a_customer, a_number
from tests.databases import an_app
from tests.makers import a_campaign
from tests.pages_made import WITH_VALUES, a_message_template

OFFER = [
    {"type": "header", "parameters": [{"type": "text", "text": "{{location|your town}}"}]},
    {"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}, {"type": "text", "text": "10%"}]},
    {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "x"}]},
]


def a_draft(**fields) -> Campaign:
    values = {"name": "Spring", "template_name": "sale", "target_audience": {"all": True}, **fields}
    draft = create_campaign(values, "test", utc_now())
    db.session.commit()
    return draft


def checked(draft: Campaign):
    return preflight(draft, utc_now())


def words_of(check) -> set[str]:
    return {word for word, _ in check.warnings}


def test_it_counts_exactly_what_the_launch_then_freezes(app):
    a_message_template(components=WITH_VALUES)
    a_customer(1, name="Asha", location="Pune", opted_in=True)
    a_customer(2, name="Uma", opted_in=True)
    a_customer(3, opted_in=True)
    a_customer(4, name="No", opted_in=False)
    a_customer(5, name="Stop", opted_in=True)
    a_customer(6, name="Bob", phone_number="+12125550123", opted_in=True)
    record_opt_out(a_number(5), "word", None, None, NOW)
    draft = a_draft(template_components=OFFER)
    check = checked(draft)
    assert check.people == 2 and check.blockers == []
    assert set(check.left_out) == {
        LeftOut("The message needs “name”, which is empty for this customer", 1),
        LeftOut("Said no to marketing messages", 1),
        LeftOut("Asked us to stop by message", 1),
        LeftOut("WhatsApp delivers no marketing messages to numbers of the United States", 1),
    }
    assert [(one.field, one.fallback, one.people) for one in check.filled_in] == [
        ("location", "your town", 1)
    ]
    launch(draft.id, "test", utc_now())
    frozen = dict(
        db.session.execute(select(Recipient.skipped_reason, func.count()).group_by(Recipient.skipped_reason)).all()
    )  # fmt: skip
    assert frozen == {None: check.people, **{one.reason: one.people for one in check.left_out}}


def test_recipients_added_by_number_count_once_and_their_opt_outs_hold(app):
    a_message_template()
    for place in (1, 2):
        a_customer(place, opted_in=True)
    draft = a_draft()
    add_recipients(draft, [{"phone_number": a_number(place)} for place in (2, 3, 4)], utc_now())
    record_opt_out(a_number(4), "ours", None, "x", NOW)
    db.session.commit()
    check = checked(draft)
    assert (check.people, sum(one.people for one in check.left_out)) == (3, 1)
    assert "Repeated" in words_of(check)


def test_all_blockers_are_told_at_once(app):
    a_message_template(components=WITH_VALUES, status="PAUSED")
    draft = a_draft(scheduled_end_date=utc_now() + timedelta(seconds=1))
    draft.scheduled_end_date = utc_now() - timedelta(days=1)
    db.session.commit()
    told = " ".join(checked(draft).blockers)
    assert "paused it because of bad ratings" in told and "end is already past" in told
    assert "matches nobody" in told


def test_an_audience_that_cannot_be_asked_any_more_is_a_blocker(app):
    a_message_template()
    draft = a_draft()
    draft.target_audience = {"segment": str(draft.id)}
    db.session.commit()
    assert "The segment does not exist any more" in " ".join(checked(draft).blockers)


def test_nothing_to_mind_is_no_warning(app):
    a_message_template(quality="GREEN")
    a_customer(1, opted_in=True)
    assert checked(a_draft()).warnings == []


def test_what_staff_should_mind_is_told(app):
    a_message_template(quality="RED")
    a_customer(1)
    earlier = a_campaign(template_name="sale")
    db.session.add(
        Recipient(
            campaign_id=earlier.id,
            phone_number=a_number(1),
            position=1,
            status="sent",
            attempt=1,
            sent_at=utc_now(),
        )
    )
    stop_number(190, "The token has expired.", utc_now())
    tomorrow = (utc_now() + timedelta(days=1)).strftime("%a").lower()
    window = {"days": [tomorrow], "start": "09:00", "end": "10:00"}
    check = checked(a_draft(send_window=window))
    assert words_of(check) == {"Quality", "Already sent", "Consent", "Number stopped", "Hours"}
    assert (
        "1 person got this message template within the last 30 days." in dict(check.warnings)["Already sent"]
    )


def test_the_account_limit_and_an_end_that_comes_too_early_are_told(database_url):
    app = an_app(database_url, MESSAGING_LIMIT="2")
    with app.app_context():
        a_message_template()
        for place in range(5):
            a_customer(place, opted_in=True)
        check = checked(a_draft(daily_send_limit=1, scheduled_end_date=utc_now() + timedelta(days=1)))
        assert {"Account limit", "End"} <= words_of(check)
        assert check.forecast.unplanned >= 3
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("people", [1, 7])
def test_the_forecast_is_for_those_who_get_it(app, people):
    a_message_template()
    for place in range(people):
        a_customer(place, opted_in=True)
    check = checked(a_draft(daily_send_limit=3))
    assert (check.forecast.people, check.forecast.days) == (people, -(-people // 3))
    assert find_template("sale", "en_US") is check.template
