"""The limit of each token holds over all processes, and programs are told how they stand."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import requests
from sqlalchemy import event

from campaign_app.database import reading
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.services import api_rates
from campaign_app.services.api_rates import spend_request
from tests.api.client import ApiClient
from tests.databases import an_app
from tests.server_process import RunningApp

MINUTE = datetime(2030, 1, 1, 12, 0, 15, tzinfo=UTC)


def a_token() -> ApiToken:
    token = ApiToken(name="x", role="viewer", token_sha256=new_id().hex)
    db.session.add(token)
    db.session.commit()
    return token


def test_exactly_the_limit_is_let_through_and_the_next_minute_is_new(app):
    token_id = a_token().id
    db.session.rollback()
    rates = [spend_request(token_id, 50, MINUTE) for _ in range(60)]
    assert [rate.is_over for rate in rates] == [False] * 50 + [True] * 10
    assert [rate.remaining for rate in rates] == [*range(49, -1, -1)] + [0] * 10
    assert {rate.reset for rate in rates} == {45}
    assert not spend_request(token_id, 50, MINUTE + timedelta(seconds=45)).is_over


def test_processes_share_the_limit_and_leave_little_unused(app):
    token_id = a_token().id
    db.session.rollback()
    processes = [{}, {}, {}, {}]
    through = 0
    for request in range(1500):
        api_rates._shares = processes[request % 4]
        through += not spend_request(token_id, 1000, MINUTE).is_over
    api_rates._shares = {}
    assert through == 1000


def test_most_requests_write_nothing_and_a_reading_request_may_count(app):
    token_id = a_token().id
    db.session.rollback()
    written = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: written.append(given[2]))
    with reading():
        for _ in range(5000):
            spend_request(token_id, 60_000, MINUTE)
    assert len([one for one in written if one.startswith("INSERT")]) <= 5


def test_tokens_do_not_share(app):
    first, second = a_token().id, a_token().id
    db.session.rollback()
    assert [spend_request(first, 1, MINUTE).is_over for _ in range(2)] == [False, True]
    assert not spend_request(second, 1, MINUTE).is_over


@pytest.fixture
def narrow(database_url):
    app = an_app(database_url, API_REQUESTS_PER_MINUTE="3")
    app.testing = True
    with app.app_context():
        yield ApiClient(app, "viewer")
        db.session.remove()
        db.engine.dispose()


def test_a_program_is_told_how_it_stands_and_when_to_go_on(narrow):
    answers = [narrow.ask("GET", "/campaigns", None) for _ in range(4)]
    if {answer.headers["RateLimit-Reset"] for answer in answers[:1]} == {"1"}:
        pytest.skip("the minute was about to end")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    last = answers[-1]
    assert last.json["error"]["code"] == "too_many_requests"
    assert last.headers["Retry-After"] == last.headers["RateLimit-Reset"]
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert last.headers["RateLimit-Limit"] == "3" and last.headers["RateLimit-Policy"] == "3;w=60"


def test_without_a_limit_nothing_is_said(database_url):
    app = an_app(database_url, API_REQUESTS_PER_MINUTE="0")
    with app.app_context():
        assert "RateLimit-Limit" not in ApiClient(app, "viewer").get("/campaigns").headers
        db.session.remove()
        db.engine.dispose()


def test_the_limit_holds_over_gunicorns_workers(database_url):
    with an_app(database_url).app_context():
        token = ApiClient(an_app(database_url)).token
    with RunningApp(database_url, workers=4, SCHEDULER_ENABLED="0", API_REQUESTS_PER_MINUTE="60") as running:
        headers = {"Authorization": f"Bearer {token}"}

        def ask(_):
            answer = requests.get(f"{running.url}/api/marketing/campaigns", headers=headers, timeout=60)
            return answer.status_code, int(answer.headers["RateLimit-Reset"])

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(ask, range(150)))
    resets = [reset for _, reset in found]
    minutes = 1 + any(later > before + 30 for before, later in pairwise(resets))
    assert {status for status, _ in found} <= {200, 429}
    through = sum(status == 200 for status, _ in found)
    assert through <= 60 * minutes
    if minutes == 1:
        assert through == 60
