"""Settings, users and API tokens: what an admin does."""

import re

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.user import User
from campaign_app.services.api_tokens import find_token
from campaign_app.services.number import change_number
from tests.databases import DEFAULTS
from tests.page_checks import a_client, a_user
from tests.pages_made import words


def the_user(email: str) -> User:
    return db.session.scalars(select(User).where(User.email == email)).one()


def test_no_page_of_an_admin_shows_a_secret(app):
    client = a_client(app, "admin")
    for address in ("/", "/settings", "/settings/users", "/settings/tokens", "/nothing-here"):
        page = client.http.get(address).text
        for name in ("SECRET_KEY", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"):
            assert DEFAULTS[name] not in page, f"{address} shows {name}"
        assert str(db.engine.url.render_as_string(False)) not in page


def test_the_settings_in_force_are_listed_by_their_names(app):
    change_number(display_phone_number="+91 98765 43210", messaging_limit=2000)
    page = words(a_client(app, "admin").get("/settings").text)
    assert (
        "SEND_RATE_PER_SECOND 80" in page
        and "DEFAULT_COUNTRY IN" in page
        and "SECRET_KEY set, not shown" in page
    )
    assert "SMTP_URL not set" in page and "SCHEDULER_ENABLED 0" in page
    assert "http://localhost/webhook/whatsapp" in page and "2,000 customers in 24 hours" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "no address"}, "Not an e-mail address"),
        ({"email": "admin@example.com"}, "There is already a user with this address."),
        ({"role": "owner"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said(app, typed, sentence):
    client = a_client(app, "admin")
    filled = {"email": "new@example.com", "role": "viewer", **typed}
    page = client.post("/settings/users", filled, 422).text
    assert sentence in words(page)
    assert len(db.session.scalars(select(User)).all()) == 1


def test_role_and_disabling(app):
    user = a_user("viewer", "ana@example.com")
    client = a_client(app, "admin")
    client.get(f"/settings/users/{user.id}")
    client.post(f"/settings/users/{user.id}/role", {"role": "staff"}, 303)
    client.post(f"/settings/users/{user.id}/disable", status=303)
    user = the_user("ana@example.com")
    assert (user.role, user.is_enabled) == ("staff", False)
    client.get(f"/settings/users/{user.id}")
    client.post(f"/settings/users/{user.id}/enable", status=303)
    assert the_user("ana@example.com").is_enabled


@pytest.mark.parametrize("deed", [("disable", {}), ("role", {"role": "staff"})])
def test_the_last_admin_stays(app, deed):
    client = a_client(app, "admin")
    own = the_user("admin@example.com")
    answer = client.post(f"/settings/users/{own.id}/{deed[0]}", deed[1], 303)
    assert "Make somebody else admin first" in words(client.get(answer.location).text)
    own = the_user("admin@example.com")
    assert (own.role, own.is_enabled) == ("admin", True)


def test_a_token_is_shown_once_and_stored_as_a_hash(app):
    client = a_client(app, "admin")
    page = client.post("/settings/tokens", {"name": "Shop backend", "role": "staff"}, 200).text
    plain = re.search(r'id="plain" value="([^"]+)"', page)[1]
    assert find_token(plain).name == "Shop backend" and find_token(plain).role == "staff"
    assert plain not in client.get("/settings/tokens").text
    assert db.session.scalars(select(ApiToken)).one().token_sha256 != plain


def test_a_revoked_token_is_no_token(app):
    client = a_client(app, "admin")
    page = client.post("/settings/tokens", {"name": "Shop", "role": "viewer"}, 200).text
    plain = re.search(r'id="plain" value="([^"]+)"', page)[1]
    client.post(f"/settings/tokens/{find_token(plain).id}/revoke", status=303)
    assert find_token(plain) is None
    assert "Revoked" in words(client.get("/settings/tokens").text)


@pytest.mark.parametrize("typed", [{"name": ""}, {"name": "x" * 101}, {"role": "admin"}, {"name": "Taken"}])
def test_what_is_wrong_with_a_new_token_is_said(app, typed):
    client = a_client(app, "admin")
    client.post("/settings/tokens", {"name": "Taken", "role": "viewer"}, 200)
    client.post("/settings/tokens", {"name": "New", "role": "viewer", **typed}, 422)
    assert len(db.session.scalars(select(ApiToken)).all()) == 1


def test_every_deed_about_users_and_tokens_is_recorded(app):
    client = a_client(app, "admin")
    user = a_user("viewer", "ana@example.com")
    client.post(f"/settings/users/{user.id}/role", {"role": "staff"}, 303)
    client.post("/settings/tokens", {"name": "Shop", "role": "viewer"}, 200)
    deeds = [
        (entry.actor, entry.action)
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.at))
    ]
    assert ("admin@example.com", "role changed") in deeds and ("admin@example.com", "token created") in deeds
