"""What is answered before Flask is what Flask would answer, byte for byte, and every refusal is Flask's own."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.services import quick_stats
from campaign_app.services.api_tokens import revoke_token
from campaign_app.web.api.openapi import PREFIX
from tests.api.client import ApiClient
from tests.databases import an_app
from tests.makers import a_campaign

OF_THE_REQUEST = {"X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset", "Vary", "Date"}


def ask(client, path: str, **options):
    return client.ask("GET", path, None, **options)


@pytest.mark.parametrize("state", ["draft", "active", "paused", "completed", "cancelled"])
def test_body_and_headers_are_those_of_flask(app, viewer, state):
    campaign = a_campaign(
        status=state, messages_pending=750, total_target_customers=1000, messages_sent=250, messages_delivered=245,
        completed_at=utc_now() if state == "completed" else None,
    )  # fmt: skip
    quick = ask(viewer, f"/campaigns/{campaign.id}/stats")
    whole = ask(viewer, f"/campaigns/{campaign.id}/stats?")
    slow = ask(viewer, f"/campaigns/{campaign.id}/stats", headers={"If-None-Match": '"another"'})
    assert quick.data == slow.data == whole.data and quick.status_code == slow.status_code == 200
    headers = [
        {name: value for name, value in one.headers if name not in OF_THE_REQUEST} for one in (quick, slow)
    ]
    assert headers[0] == headers[1]
    assert {name for name, _ in quick.headers} >= {"X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset"}


def test_the_numbers_are_those_of_this_moment(app, viewer):
    campaign = a_campaign(messages_pending=10, total_target_customers=10)
    path = f"/campaigns/{campaign.id}/stats"
    assert ask(viewer, path).json["sent"] == 0
    campaign.messages_sent, campaign.messages_pending = 4, 6
    db.session.commit()
    assert ask(viewer, path).json["sent"] == 4


def test_a_day_that_was_told_is_told_again_for_a_second_only(app, viewer):
    campaign = a_campaign(messages_pending=10, total_target_customers=10, daily_send_limit=1)
    path = f"/campaigns/{campaign.id}/stats"
    told = ask(viewer, path).json["estimated_completion_date"]
    counters, at, _ = quick_stats._told[campaign.id]
    wrong = utc_now().date() - timedelta(days=9)
    quick_stats._told[campaign.id] = (
        counters,
        utc_now() + timedelta(hours=1),
        wrong,
    )  # by a clock that was set back
    assert ask(viewer, path).json["estimated_completion_date"] == told
    quick_stats._told[campaign.id] = (counters, at - timedelta(seconds=2), wrong)
    assert ask(viewer, path).json["estimated_completion_date"] == told


def test_what_is_refused_is_refused_by_flask(app, viewer, stranger):
    campaign = a_campaign()
    path = f"/campaigns/{campaign.id}/stats"
    stranger.get(path, 401)
    for header in ("Bearer", "Bearer wrong", f"Basic {viewer.token}", f"Bearer  {viewer.token}x", "Bearer æ"):
        stranger.get(path, 401, headers={"Authorization": header})
    viewer.get(f"/campaigns/{new_id()}/stats", 404)
    revoke_token(viewer.token_id, "the tests", utc_now())
    viewer.get(path, 401)


def test_head_and_other_methods_are_not_for_it(app, viewer):
    path = f"/campaigns/{a_campaign().id}/stats"
    assert viewer.ask("HEAD", path, 200).data == b""
    viewer.ask("POST", path, 405)


def test_the_use_of_the_token_is_noted_and_the_limit_holds(database_url):
    app = an_app(database_url, API_REQUESTS_PER_MINUTE="2")
    app.testing = True
    with app.app_context():
        viewer = ApiClient(app, "viewer")
        path = f"/campaigns/{a_campaign().id}/stats"
        statuses = [ask(viewer, path).status_code for _ in range(4)]
        if statuses != [200, 200, 429, 429]:  # the minute ended meanwhile
            statuses = [ask(viewer, path).status_code for _ in range(4)]
        assert statuses[-1] == 429
        assert db.session.scalar(select(ApiToken.last_used_at)) is not None
        db.session.remove()
        db.engine.dispose()


def test_the_token_stands_in_no_log_line(app, viewer, caplog):
    with caplog.at_level("INFO"):
        ask(viewer, f"/campaigns/{a_campaign().id}/stats")
    assert "GET api.stats.show 200" in caplog.text and viewer.token not in caplog.text
    assert PREFIX not in caplog.text
