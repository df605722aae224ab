"""Fixtures of the browser tests: Chromium, the simulator, the app under gunicorn, and visitors."""

import shutil
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

from campaign_app.extensions import db
from tests.browser.visitor import Visitor
from tests.databases import an_app, fresh_sqlite
from tests.page_checks import a_user
from tests.server_process import RunningApp
from tests.simulator_process import RunningSimulator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no browser: Chromium is not installed (Debian package “chromium”)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop(chromium, tmp_path_factory):
    """One shop for all tests of a file."""
    with a_shop(fresh_sqlite(tmp_path_factory.mktemp("shop"))) as found:
        yield found


@contextmanager
def a_shop(url: str):
    """The app under gunicorn on the fresh database at `url` with staff in every role, and the simulator that it sends to.

    `url` is its address, `app` the same app for looking into the database.
    """
    with RunningSimulator(
        sent_delay="0-0.1", delivered_delay="0-0.3", read_delay="0-0.5", latency="0.05-0.1"
    ) as simulator:
        environ = {
            "WHATSAPP_API_URL": simulator.url,
            "WHATSAPP_ACCESS_TOKEN": simulator.access_token,
            "WHATSAPP_APP_SECRET": simulator.app_secret,
            "WHATSAPP_VERIFY_TOKEN": simulator.verify_token,
            "MESSAGING_LIMIT": "unlimited",
            "SEND_RATE_PER_SECOND": "40",
            "BUSINESS_TIMEZONE": "Asia/Kolkata",
        }
        app = an_app(url, **environ)
        with app.app_context():
            for role in ("admin", "staff", "viewer"):
                a_user(role, f"{role}@example.com")
            db.session.remove()
        with RunningApp(url, **environ) as running:
            simulator.settings(webhook_url=f"{running.url}/webhook/whatsapp")
            yield SimpleNamespace(url=running.url, app=app, simulator=simulator, running=running)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def visit(chromium, shop):
    """Open a window: `visit(size="phone", theme="dark")`. Every window is closed and judged at the end."""
    visitors = []

    def open_window(**how) -> Visitor:
        visitors.append(Visitor(chromium, shop.url, **how))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.leave()
