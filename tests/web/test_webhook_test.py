"""The button that tests the webhook: real calls to a real server, at no other address than the configured one."""

from dataclasses import fields, replace

import pytest
from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.webhook_test import webhook_address
from campaign_app.web.settings_words import WORDS
from campaign_app.whatsapp.webhook_probe import shake_hands
from config import Settings
from tests.databases import an_app, fresh_sqlite
from tests.page_checks import a_client
from tests.pages_made import words
from tests.server_process import RunningApp, free_port


@pytest.fixture
def served(database_url):
    """The app with a server of its own behind it, at its PUBLIC_URL."""
    port = free_port()
    with RunningApp(database_url, port, workers=1, SCHEDULER_ENABLED="0") as server:
        app = an_app(database_url, PUBLIC_URL=server.url)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def tested(app) -> str:
    return words(a_client(app, "admin").post("/settings/webhook-test", status=200).text)


def set_to(app, **values) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], **values)


def test_everything_well_is_said_and_nothing_is_left_in_the_inbox(served):
    page = tested(served)
    assert page.count("Well Meta's handshake.") == page.count("Well Signed call.") == 1
    assert "Well Call with a wrong signature. It was refused, as it must be." in page
    assert "From this server everything works." in page
    assert db.session.scalar(select(func.count()).select_from(WebhookEvent)) == 0
    assert "None has come yet" in page, "a test is no sign of life of WhatsApp"


def test_other_secrets_than_those_of_the_server_are_told_apart(served):
    set_to(served, whatsapp_verify_token="another", whatsapp_app_secret="another")
    page = tested(served)
    assert "Not well Meta's handshake. It was answered with 403" in page
    assert "Not well Signed call. It was refused: the server that answers there has another" in page


def test_another_installation_at_the_address_is_noticed(app, tmp_path_factory):
    with RunningApp(
        fresh_sqlite(tmp_path_factory.mktemp("other")), workers=1, SCHEDULER_ENABLED="0"
    ) as other:
        set_to(app, public_url=other.url)
        assert "another installation answers there" in tested(app)


def test_where_nothing_answers_that_is_said(app):
    set_to(app, public_url=f"http://127.0.0.1:{free_port()}")
    assert tested(app).count("No connection: the name is not known, or nothing answers there.") == 2


def test_without_its_own_address_the_app_calls_nobody(app):
    page = tested(app)
    assert "PUBLIC_URL is not set on the server" in page and "Meta's handshake" not in page


def test_no_request_decides_whom_the_app_calls(app):
    with app.test_request_context("/settings", base_url="http://elsewhere.example"):
        assert webhook_address() is None
        set_to(app, public_url="https://campaigns.example.com")
        assert webhook_address() == "https://campaigns.example.com/webhook/whatsapp"


def test_a_redirect_is_told_and_not_followed(served):
    """`/campaigns` sends strangers to the sign-in."""
    answer = shake_hands(f"{served.config['SETTINGS'].public_url}/campaigns", "token", "challenge")
    assert answer.status == 303


def test_only_admins_test_it(app):
    a_client(app, "staff").post("/settings/webhook-test", status=403)


def test_every_setting_has_its_line_for_people():
    assert {field.name for field in fields(Settings)} == set(WORDS)
