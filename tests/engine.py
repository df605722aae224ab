"""What the tests of the engine share: a simulator, an app that talks to it, and the app's own steps run in turn."""

import time
from contextlib import contextmanager

import requests
from flask import Flask

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.launch import launch
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.recount import mismatches
from campaign_app.services.sender import Sender
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store, waiting_bodies
from campaign_app.whatsapp.signature import is_valid
from tests.databases import an_app
from tests.simulator_process import RunningSimulator


def an_app_on(simulator: RunningSimulator, database_url: str, **environ: str) -> Flask:
    """The app with the simulator as its Cloud API. `environ` wins."""
    settings = {
        "WHATSAPP_API_URL": simulator.url,
        "WHATSAPP_ACCESS_TOKEN": simulator.access_token,
        "WHATSAPP_APP_SECRET": simulator.app_secret,
        "WHATSAPP_VERIFY_TOKEN": simulator.verify_token,
        "MESSAGING_LIMIT": "unlimited",
        "SEND_RATE_PER_SECOND": "1000",
    }
    return an_app(database_url, **{**settings, **environ})


def customers(how_many: int, first: int = 9_000_000_000, **fields) -> list[Customer]:
    """Customers with consecutive Indian numbers, already in the database."""
    rows = [
        Customer(phone_number=f"+91{first + index}", name=f"Customer {index}", **fields)
        for index in range(how_many)
    ]
    db.session.add_all(rows)
    db.session.commit()
    return rows


def a_launched_campaign(**fields) -> Campaign:
    """A campaign to everybody, launched now, with the simulator's message template without variables."""
    values = {
        "name": "Holiday sale",
        "template_name": "holiday_sale_template",
        "target_audience": {"all": True},
        "daily_send_limit": 100_000,
        **fields,
    }
    now = utc_now()
    campaign = create_campaign(values, "test", now)
    db.session.commit()
    launch(campaign.id, "test", now)
    db.session.commit()
    return campaign


@contextmanager
def a_sender(app: Flask, lease_seconds: float = 15):
    """A sender that holds the lease."""
    lease = LeaseHolder(SENDER_LEASE, lease_seconds)
    assert lease.hold()
    yield Sender(lease)
    lease.release()


def process(app: Flask) -> None:
    """One processing run, from taking the lease to letting it go."""
    with a_sender(app) as sender:
        sender.run()
    db.session.expire_all()


def apply_all() -> None:
    while apply_waiting():
        pass
    db.session.expire_all()


def the_campaign(campaign_id) -> Campaign:
    """The campaign as it stands now. Read without the writer's lock, which a server may need at this moment."""
    db.session.rollback()
    with reading():
        campaign = db.session.get(Campaign, campaign_id)
        db.session.expunge_all()
        db.session.rollback()
    return campaign


def webhooks_waiting() -> int:
    with reading():
        waiting, _ = waiting_bodies()
        db.session.rollback()
    return waiting


def counters_are_true() -> bool:
    db.session.rollback()
    with reading():
        found = mismatches()
        db.session.rollback()
    assert found == []
    return True


def wait_until(condition, seconds: float = 20, every: float = 0.05):
    """The first true answer of `condition`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = condition()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {condition}")


__all__ = [
    "RunningSimulator", "a_launched_campaign", "a_sender", "an_app_on", "apply_all", "counters_are_true", "customers",
    "is_valid", "process", "requests", "store", "the_campaign", "wait_until", "webhooks_waiting",
]  # fmt: skip
