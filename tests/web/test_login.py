"""Signing in and out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.user import SignInAttempt, User
from campaign_app.models.user_session import UserSession
from campaign_app.services.user_sessions import LONGEST
from campaign_app.services.users import change_role, disable_user, set_password
from campaign_app.web.login import THROTTLED, WRONG, safe_path
from tests.page_checks import PASSWORD, PageClient, a_client, a_user
from tests.pages_made import words


def sign_in(client: PageClient, email: str, password: str, address: str = "10.0.0.1", **fields):
    data = {"email": email, "password": password, **fields}
    return client.post("/login", data, environ_overrides={"REMOTE_ADDR": address})


def test_a_user_signs_in_and_lands_at_home(app):
    a_user(email="ana@example.com")
    answer = sign_in(a_client(app, None), "Ana@Example.com ", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")


def test_sign_in_leads_back_to_the_page_that_was_wanted(app):
    a_user(email="ana@example.com")
    client = a_client(app, None)
    asked = client.get("/campaigns?status=active", status=303)
    assert asked.location == "/login?next=/campaigns?status%3Dactive"
    assert 'name="next" value="/campaigns?status=active"' in client.get(asked.location).text
    assert (
        sign_in(client, "ana@example.com", PASSWORD, next="/campaigns?status=active").location
        == "/campaigns?status=active"
    )


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example", "/\\evil.example", "\\\\evil", "https://evil.example", "https:evil", "javascript:alert(1)", "evil", "",
        "/%09/evil", "/%0d%0aSet-Cookie:x", "/\t/evil", " //evil", "/%2f/evil", "/%5cevil", "///evil", "/a\nb", None,
    ],
)  # fmt: skip
def test_sign_in_never_leads_to_another_host(wanted):
    assert safe_path(wanted) == "/"


@pytest.mark.parametrize("who", ["unknown", "wrong password", "disabled"])
def test_every_failure_gets_the_same_answer(app, who):
    user = a_user(email="ana@example.com")
    if who == "disabled":
        disable_user(user, "test", utc_now())
        db.session.commit()
    email = "nobody@example.com" if who == "unknown" else "ana@example.com"
    answer = sign_in(a_client(app, None), email, PASSWORD if who == "disabled" else "not the password")
    assert answer.status_code == 422
    assert WRONG in words(answer.text)
    assert f'value="{email}"' in answer.text, "what was typed is kept"
    assert "not the password" not in answer.text


def test_after_five_wrong_passwords_even_the_right_one_waits(app):
    a_user(email="ana@example.com")
    client = a_client(app, None)
    assert [sign_in(client, "ana@example.com", f"wrong {n}").status_code for n in range(6)] == [422] * 5 + [
        429
    ]
    answer = sign_in(client, "ana@example.com", PASSWORD)
    assert answer.status_code == 429 and THROTTLED in words(answer.text)


def test_the_right_password_from_another_address_still_works(app):
    a_user(email="ana@example.com")
    client = a_client(app, None)
    for n in range(8):
        sign_in(client, "ana@example.com", f"wrong {n}", address="10.0.0.66")
    assert sign_in(client, "ana@example.com", PASSWORD, address="10.0.0.1").status_code == 303


def test_a_quarter_of_an_hour_later_the_right_password_works(app):
    a_user(email="ana@example.com")
    client = a_client(app, None)
    for n in range(5):
        sign_in(client, "ana@example.com", f"wrong {n}")
    db.session.execute(update(SignInAttempt).values(at=utc_now() - timedelta(minutes=16)))
    assert sign_in(client, "ana@example.com", PASSWORD).status_code == 303
    assert db.session.scalars(select(SignInAttempt)).all() == [], "a right password clears the count"


def test_a_spoofed_forwarding_header_does_not_change_the_counted_address(app):
    a_user(email="ana@example.com")
    client = a_client(app, None)
    for n in range(6):
        answer = client.post(
            "/login",
            {"email": "ana@example.com", "password": "x"},
            headers={"X-Forwarded-For": f"10.1.1.{n}"},
        )
    assert answer.status_code == 429


def test_a_cookie_from_before_the_sign_out_is_worth_nothing(app):
    client = a_client(app, "staff")
    copied = client.http.get_cookie("session").value
    assert client.post("/logout").location == "/login"
    client.http.set_cookie("session", copied)
    client.get("/campaigns", status=303)


def test_the_session_is_new_after_the_sign_in(app):
    a_user(email="ana@example.com")
    client = a_client(app, None)
    token_before = client.csrf_token()
    sign_in(client, "ana@example.com", PASSWORD)
    answer = client._ask("post", "/logout", data={"csrf_token": token_before})
    assert answer.status_code == 400, "the token of the session before is refused"


def test_a_disabled_user_is_out_at_the_next_click(app):
    client = a_client(app, "staff")
    disable_user(db.session.scalar(select(User)), "test", utc_now())
    client.get("/campaigns", status=303)


def test_a_new_role_holds_from_the_next_click(app):
    client = a_client(app, "staff")
    client.get("/campaigns/new")
    change_role(db.session.scalar(select(User)), "viewer", "test", utc_now())
    client.get("/campaigns/new", status=403)


def test_a_new_password_signs_out_every_browser(app):
    client = a_client(app, "staff")
    set_password(db.session.scalar(select(User)), "another lantern by the sea", "test", utc_now())
    client.get("/campaigns", status=303)


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(app):
    a_user(email="ana@example.com")
    cookie = sign_in(a_client(app, None), "ana@example.com", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Domain" not in cookie


def test_over_tls_the_cookie_never_travels_in_the_open(app):
    a_user(email="ana@example.com")
    answer = a_client(app, None)._ask("get", "/login", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_password_longer_than_any_is_refused_like_a_wrong_one(app):
    a_user(email="ana@example.com")
    assert sign_in(a_client(app, None), "ana@example.com", "x" * 100_000).status_code == 422


def test_a_signed_in_person_is_led_on_from_the_sign_in_page(app):
    assert a_client(app, "viewer").get("/login", status=303).location == "/"


def test_a_sign_in_is_recorded(app):
    a_user(email="ana@example.com")
    sign_in(a_client(app, None), "ana@example.com", PASSWORD)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action) == ("ana@example.com", "signed in")


def test_a_session_ends_after_twenty_hours_however_busy_it_is(app):
    client = a_client(app, "viewer")
    client.get("/")
    db.session.execute(update(UserSession).values(created_at=utc_now() - LONGEST - timedelta(seconds=1)))
    client.get("/", 303)
