"""One's own account: where one is signed in, and the password."""

import re

from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.user_session import UserSession
from campaign_app.services.sign_ins import ATTEMPTS
from campaign_app.services.user_sessions import NOTED_EVERY
from campaign_app.web.browser_words import browser_words
from tests.databases import an_app
from tests.page_checks import PASSWORD, PageClient, a_client, a_user
from tests.pages_made import words

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
NEW = "another lantern by the sea"


def signed_in(app, browser: str, address: str) -> PageClient:
    client = PageClient(app)
    data = {"email": "ana@example.com", "password": PASSWORD, "csrf_token": client.csrf_token()}
    answer = client._ask(
        "post",
        "/login",
        data=data,
        headers={"User-Agent": browser},
        environ_overrides={"REMOTE_ADDR": address},
    )
    assert answer.status_code == 303
    return client


def test_the_page_lists_where_one_is_signed_in_and_signs_out_there(app):
    a_user("viewer", "ana@example.com")
    here, there = signed_in(app, FIREFOX, "10.0.0.1"), signed_in(app, PHONE, "192.0.2.7")
    page = here.get("/account").text
    assert "Firefox on Linux This one" in words(page) and "10.0.0.1" in page
    assert "Safari on iPhone" in words(page) and "192.0.2.7" in page
    (address,) = re.findall(r'action="(/account/sessions/[0-9a-f-]{36}/end)"', page)
    here.post(address, status=303)
    there.get("/", status=303)
    here.get("/")


def test_everywhere_else_is_signed_out_with_one_click(app):
    a_user("staff", "ana@example.com")
    clients = [signed_in(app, FIREFOX, f"10.0.0.{number}") for number in range(3)]
    clients[1].post("/account/sessions/end-others", status=303)
    assert [client._ask("get", "/").status_code for client in clients] == [303, 200, 303]


def test_a_session_of_somebody_else_is_left_alone(app):
    admin, viewer = a_client(app, "admin"), a_client(app, "viewer")
    of_admin = db.session.scalars(select(UserSession).order_by(UserSession.id)).first().id
    viewer.post(f"/account/sessions/{of_admin}/end", status=303)
    admin.get("/")


def test_signing_out_ends_this_session_and_no_other(app):
    a_user("staff", "ana@example.com")
    here, there = signed_in(app, FIREFOX, "10.0.0.1"), signed_in(app, PHONE, "10.0.0.2")
    here.post("/logout", status=303)
    here.get("/", status=303)
    there.get("/")


def test_a_new_password_of_ones_own_ends_every_other_session_and_changes_the_key(app):
    a_user("staff", "ana@example.com")
    here, there = signed_in(app, FIREFOX, "10.0.0.1"), signed_in(app, PHONE, "10.0.0.2")
    copied = here.http.get_cookie("session").value
    here.post("/account/password", {"present": PASSWORD, "password": NEW}, 303)
    here.get("/account")
    there.get("/", status=303)
    here.http.set_cookie("session", copied)
    here.get("/", status=303)


def test_a_new_password_needs_the_present_one_and_the_usual_rules(app):
    a_user("staff", "ana@example.com")
    client = signed_in(app, FIREFOX, "10.0.0.1")
    page = client.post("/account/password", {"present": "a guess at it", "password": NEW}, 422).text
    assert "not the password that you have now" in words(page)
    page = client.post("/account/password", {"present": PASSWORD, "password": "short"}, 422).text
    assert "Use at least 12 signs" in words(page)


def test_whoever_finds_an_open_browser_cannot_guess_the_password_for_long(app):
    a_user("staff", "ana@example.com")
    client = signed_in(app, FIREFOX, "10.0.0.1")
    for number in range(ATTEMPTS):
        client.post("/account/password", {"present": f"guess {number}", "password": NEW}, 422)
    page = client.post("/account/password", {"present": PASSWORD, "password": NEW}, 422).text
    assert "Too many wrong passwords" in words(page)


def test_a_page_that_lies_open_and_asks_for_news_is_no_use_of_the_session(app):
    client = a_client(app, "admin")
    session = db.session.scalars(select(UserSession)).one()
    session.last_seen_at = long_ago = utc_now() - 5 * NOTED_EVERY
    db.session.commit()
    client._ask("get", "/_overview")
    assert db.session.scalar(select(UserSession.last_seen_at)) == long_ago
    client.get("/campaigns")
    assert db.session.scalar(select(UserSession.last_seen_at)) > long_ago


def test_a_session_holds_in_every_process_and_ends_in_all_of_them(app, database_url):
    a_user("staff", "ana@example.com")
    client = signed_in(app, FIREFOX, "10.0.0.1")
    other_process = an_app(database_url)
    elsewhere = other_process.test_client()
    elsewhere.set_cookie("session", client.http.get_cookie("session").value)
    db.session.commit()
    assert elsewhere.get("/campaigns").status_code == 200
    client.post("/logout", status=303)
    assert elsewhere.get("/campaigns").status_code == 303
    with other_process.app_context():
        db.engine.dispose()


def test_over_tls_the_cookie_belongs_to_this_host_alone(app):
    a_user("staff", "ana@example.com")
    cookie = PageClient(app)._ask("get", "/login", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie and "SameSite=Lax" in cookie
    assert "Domain" not in cookie


def test_browsers_are_named_in_words():
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    assert browser_words(chrome) == "Chrome on Windows"
    assert browser_words(f"{chrome} Edg/140.0") == "Edge on Windows"
    assert browser_words("") == "Another program" == browser_words("<script>")
