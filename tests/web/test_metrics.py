"""`/metrics`: true figures in the format of Prometheus, the same from every process, for this machine and for tokens only."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.services.api_tokens import create_token, revoke_token
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.number import change_number, stop_number
from campaign_app.services.restored_copy import mark_restored
from campaign_app.services.send_outcomes import settle
from campaign_app.services.webhook_inbox import store
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    wait_until,
)
from tests.makers import a_campaign, sent_out, waiting
from tests.server_process import RunningApp
from tests.services.test_status_updates import accepted

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+)\})? (-?[0-9.e+-]+)')

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(page: str) -> Samples:
    """Every sample; fails where a line is none, a name has no HELP and TYPE before it, or a sample comes twice."""
    found: Samples = {}
    described = set()
    for line in page.splitlines():
        if line.startswith("#"):
            _, kind, name, *rest = line.split(" ", 3)
            assert kind in ("HELP", "TYPE") and rest
            if kind == "TYPE":
                assert rest == ["gauge"] and name not in described
                described.add(name)
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        assert name in described, line
        key = name, frozenset(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or ""))
        assert key not in found, line
        found[key] = float(value)
    return found


def asked(app, **headers: str) -> Samples:
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200 and answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    db.session.rollback()
    return samples(answer.text)


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"campaign_app_{name}", frozenset(labels.items())))


def test_an_installation_without_anything_gives_zeros_and_leaves_out_what_is_not_known(app):
    found = asked(app)
    assert value(found, "queue_depth", queue="sending") == 0
    assert value(found, "inbox_lag_seconds") == 0
    assert value(found, "recipients", state="sent") == 0
    assert value(found, "lease_held", job="sender") == 0
    assert value(found, "customers_limit") == 250
    assert value(found, "customers_left") is None
    assert value(found, "last_webhook_age_seconds") is None
    assert value(found, "latency_seconds", of="answer", quantile="0.5") is None
    assert value(found, "database_bytes") > 10_000


def test_the_figures_are_those_of_the_rows(app):
    now = utc_now()
    messages = sent_out(a_campaign(), 6, now - timedelta(seconds=20))
    settle([accepted(message) for message in messages[:4]], now)
    db.session.execute(
        update(Message).where(Message.sent_at.is_not(None)).values(sent_at=now - timedelta(seconds=18))
    )
    db.session.execute(
        update(Message)
        .where(Message.id == messages[4]["id"])
        .values(unconfirmed_at=now - timedelta(seconds=1))
    )
    other = a_campaign(daily_send_limit=50)
    waiting(other, 30, now)
    waiting(a_campaign(status="paused"), 7, now, first=100)
    store(b'{"a": 1}', now - timedelta(seconds=90))
    store(b'{"a": 2}', now)
    change_number(limit_used=40, messaging_limit=2000)
    stop_number(190, "Error 190", now)
    db.session.commit()
    assert LeaseHolder(SENDER_LEASE, 600).hold()

    found = asked(app)
    active = sum(
        campaign.messages_pending for campaign in db.session.query(Campaign).filter_by(status="active")
    )
    assert value(found, "queue_depth", queue="sending") == active >= 30
    assert value(found, "queue_depth", queue="inbox") == 2
    assert 85 < value(found, "inbox_lag_seconds") < 150
    assert value(found, "recipients", state="sent") == 4
    assert value(found, "sends_last_minute", outcome="accepted") == 4
    assert value(found, "sends_last_minute", outcome="unconfirmed") == 1
    assert value(found, "sends_last_minute", outcome="open") == 1
    assert value(found, "latency_seconds", of="answer", quantile="0.95") == pytest.approx(2, abs=0.1)
    assert [value(found, f"customers_{name}") for name in ("limit", "used", "left")] == [2000, 40, 1960]
    assert value(found, "campaigns", status="active") == 2 and value(found, "campaigns", status="paused") == 1
    assert value(found, "campaign_pending", campaign_id=str(other.id)) == 30
    assert value(found, "campaign_daily_left", campaign_id=str(other.id)) == 50
    assert value(found, "lease_held", job="sender") == 1 and value(found, "lease_epoch", job="sender") == 1
    assert value(found, "number_stopped") == 1 and value(found, "restored_copy") == 0
    mark_restored(None, now)
    db.session.commit()
    assert value(asked(app), "restored_copy") == 1


def test_a_day_that_used_its_limit_has_nothing_left(app):
    campaign = a_campaign(daily_send_limit=5)
    sent_out(campaign, 6, utc_now())
    assert value(asked(app), "campaign_daily_left", campaign_id=str(campaign.id)) == 0


def test_nobody_else_may_read_them(app):
    assert (
        app.test_client().get("/metrics", environ_overrides={"REMOTE_ADDR": "203.0.113.9"}).status_code == 401
    )
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):  # a proxy on this machine
        answer = app.test_client().get("/metrics", headers={header: "127.0.0.1"})
        assert answer.status_code == 401 and "campaign_app_" not in answer.text
    answer = app.test_client().get(
        "/metrics", headers={"X-Forwarded-For": "1.2.3.4", "Authorization": "Bearer nonsense"}
    )
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_may_read_them_from_anywhere_until_it_is_revoked(app):
    token, plain = create_token("prometheus", "viewer", "test", utc_now())
    db.session.commit()
    headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {plain}"}
    assert asked(app, **headers)
    revoke_token(token.id, "test", utc_now())
    db.session.commit()
    assert app.test_client().get("/metrics", headers=headers).status_code == 401


def test_no_number_and_no_name_stands_in_them(app):
    campaign = a_campaign(name="Secret plan")
    waiting(campaign, 3)
    page = app.test_client().get("/metrics").text
    assert "Secret plan" not in page and "9197000" not in page


def named_in(text: str) -> set[str]:
    return set(re.findall(r"campaign_app_[a-z_]+", text))


@pytest.mark.parametrize("file", ["grafana-dashboard.json", "campaign-app-alerts.yml"])
def test_what_the_files_for_monitoring_ask_for_exists(app, file):
    now = utc_now()
    campaign = a_campaign()
    messages = sent_out(campaign, 2, now - timedelta(seconds=20))
    waiting(campaign, 1, now)
    settle([accepted(message) for message in messages], now)
    change_number(limit_used=1, messaging_limit=2000)
    store(b'{"a": 1}', now)
    db.session.commit()
    found = asked(app)
    there = {name for name, _ in found}
    text = (DEPLOY / file).read_text(encoding="utf-8")
    assert named_in(text) <= there
    labels = {(name, label) for name, pairs in found for label, _ in pairs}
    for name, label in re.findall(r"by \((\w+)\) \(?(?:delta\()?(campaign_app_\w+)", text):
        assert (label, name) in labels, (name, label)
    if file.endswith(".json"):
        dashboard = json.loads(text)
        assert there - {"campaign_app_info"} <= named_in(text), "the dashboard shows every figure"
        for panel in dashboard["panels"]:
            assert panel["title"] and panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
            assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])


def test_every_worker_and_every_machine_gives_the_same_figures(database_url):
    """Two servers with two workers each, in mid-campaign and after it."""
    with RunningSimulator() as simulator:
        environ = {
            "WHATSAPP_API_URL": simulator.url,
            "WHATSAPP_ACCESS_TOKEN": simulator.access_token,
            "MESSAGING_LIMIT": "unlimited",
        }
        app = an_app_on(simulator, database_url)
        with app.app_context():
            customers(60, first=9_811_110_000)
            a_launched_campaign()
            with RunningApp(database_url, **environ) as first, RunningApp(database_url, **environ) as second:
                pages = lambda: [  # noqa: E731
                    samples(requests.get(f"{server.url}/metrics", timeout=10).text)
                    for server in (first, second)
                    for _ in range(4)
                ]
                wait_until(lambda: value(pages()[0], "recipients", state="sent") == 60, 60)
                found = pages()
                assert {value(page, "recipients", state="sent") for page in found} == {60}
                assert {value(page, "lease_held", job="sender") for page in found} == {1}
                assert {value(page, "queue_depth", queue="sending") for page in found} == {0}
            assert counters_are_true()
            db.session.remove()
            db.engine.dispose()
