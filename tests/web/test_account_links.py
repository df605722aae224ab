"""Invitations and links to a new password: by mail or handed over, used once, for some hours."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.account_link import AccountLink
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.user import User
from campaign_app.services.account_links import OWN_REQUESTS_AN_HOUR, LinkGone, make_link, use_link
from campaign_app.services.users import disable_user
from campaign_app.web.account_links import GONE
from tests.databases import an_app
from tests.mail_server import a_mail_server
from tests.page_checks import PASSWORD, a_client, a_user
from tests.pages_made import words

NEW = "a quiet morning walk"
SENDER = {"MAIL_FROM": "Shop <campaigns@example.com>"}


def the_user(email: str) -> User:
    return db.session.scalars(select(User).where(User.email == email)).one()


def invited(client, email: str = "new@example.com", role: str = "viewer") -> str:
    """The path of the link that the page shows."""
    page = client.post("/settings/users", {"email": email, "role": role}, 200).text
    return re.search(r'id="link" value="http://localhost(/password/[^"]+)"', page)[1]


def signs_in(app, email: str, password: str) -> bool:
    return a_client(app, None).post("/login", {"email": email, "password": password}).status_code == 303


@pytest.fixture
def mailing(database_url):
    """The app with a mail server and an address of its own, and that server."""
    with a_mail_server() as server:
        app = an_app(database_url, SMTP_URL=server.url, PUBLIC_URL="https://campaigns.example.com", **SENDER)
        app.testing = True
        with app.app_context():
            yield app, server
            db.session.remove()
            db.engine.dispose()


def test_an_invited_person_chooses_the_password_and_signs_in(app):
    admin = a_client(app, "admin")
    path = invited(admin, "New@Example.com")
    assert not signs_in(app, "new@example.com", ""), "no password is no password"
    assert "Invited" in words(admin.get("/settings/users").text)

    visitor = a_client(app, None)
    assert "new@example.com" in visitor.get(path).text
    assert visitor.post(path, {"password": NEW}, 303).location == "/login"
    assert signs_in(app, "new@example.com", NEW) and the_user("new@example.com").role == "viewer"
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"user added", "invitation link made", "password chosen by link", "signed in"} <= actions


def test_a_link_works_once(app):
    path = invited(a_client(app, "admin"))
    visitor = a_client(app, None)
    visitor.get(path)
    visitor.get(path)  # a mail program that looks ahead uses nothing up
    visitor.post(path, {"password": NEW}, 303)
    assert GONE in words(visitor.get(path, 410).text)
    visitor.post(path, {"password": "another quiet walk"}, 410)
    assert signs_in(app, "new@example.com", NEW)


def test_of_two_uses_at_once_one_holds(app):
    user = a_user()
    key = make_link(user, "test", utc_now())
    db.session.commit()
    use_link(key, NEW, utc_now())
    with pytest.raises(LinkGone):
        use_link(key, "another quiet walk", utc_now())


def test_a_link_runs_out(app):
    path = invited(a_client(app, "admin"))
    db.session.execute(update(AccountLink).values(expires_at=utc_now() - timedelta(seconds=1)))
    a_client(app, None).get(path, 410)
    a_client(app, None).post(path, {"password": NEW}, 410)


def test_a_newer_link_ends_the_one_before(app):
    admin = a_client(app, "admin")
    first = invited(admin)
    page = admin.post(f"/settings/users/{the_user('new@example.com').id}/link", status=200).text
    second = re.search(r'id="link" value="http://localhost(/password/[^"]+)"', page)[1]
    a_client(app, None).get(first, 410)
    a_client(app, None).get(second)


def test_a_disabled_person_cannot_use_a_link(app):
    path = invited(a_client(app, "admin"))
    disable_user(the_user("new@example.com"), "test", utc_now())
    a_client(app, None).post(path, {"password": NEW}, 410)


@pytest.mark.parametrize("key", ["x", "A" * 43, "%F0%9F%98%80", "x" * 3000])
def test_what_is_no_link_is_refused(app, key):
    a_client(app, None).get(f"/password/{key}", 410)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Use at least 12 signs"),
        ("password1234", "among the first that a stranger would try"),
        ("x" * 129, "Use at most 128 signs."),
        ("", "Enter a password."),
    ],
)
def test_a_weak_password_is_refused_and_the_link_goes_on_working(app, password, sentence):
    path = invited(a_client(app, "admin"))
    visitor = a_client(app, None)
    page = visitor.post(path, {"password": password}, 422).text
    assert sentence in words(page)
    visitor.post(path, {"password": NEW}, 303)


def test_the_key_of_a_link_stands_nowhere_in_the_database(app):
    key = invited(a_client(app, "admin")).rsplit("/", 1)[1]
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            assert key not in repr(row), table.name


def test_a_reset_signs_out_every_browser_and_the_old_password_works_until_then(app):
    admin, ana = a_client(app, "admin"), a_client(app, "staff")
    user = the_user("staff@example.com")
    page = admin.post(f"/settings/users/{user.id}/link", status=200).text
    path = re.search(r'id="link" value="http://localhost(/password/[^"]+)"', page)[1]
    ana.get("/")
    assert signs_in(app, "staff@example.com", PASSWORD)
    a_client(app, None).post(path, {"password": NEW}, 303)
    ana.get("/", 303)
    assert not signs_in(app, "staff@example.com", PASSWORD) and signs_in(app, "staff@example.com", NEW)


def test_an_invitation_goes_by_mail_and_is_not_shown(mailing):
    app, server = mailing
    admin = a_client(app, "admin", "https://campaigns.example.com")
    answer = admin.post("/settings/users", {"email": "new@example.com", "role": "staff"}, 303)
    assert "/password/" not in admin.get(answer.location).text
    (message,) = server.wait_for(1)
    assert message["To"] == "new@example.com" and message["From"] == SENDER["MAIL_FROM"]
    path = re.search(r"https://campaigns\.example\.com(/password/\S+)", message.get_content())[1]
    a_client(app, None, "https://campaigns.example.com").post(path, {"password": NEW}, 303)
    assert the_user("new@example.com").password_hash


def test_a_mail_server_that_refuses_leaves_the_link_to_the_admin(database_url):
    with a_mail_server(refuses=True) as server:
        app = an_app(database_url, SMTP_URL=server.url, **SENDER)
        with app.app_context():
            page = a_client(app, "admin").post(
                "/settings/users", {"email": "new@example.com", "role": "staff"}, 200
            )
            assert "The mail server did not take it." in words(page.text) and "/password/" in page.text
            db.session.remove()
            db.engine.dispose()


def test_whoever_forgot_the_password_gets_a_link_by_mail_and_not_too_many(mailing):
    app, server = mailing
    a_user("viewer", "ana@example.com")
    visitor = a_client(app, None, "https://campaigns.example.com")
    answers = [
        visitor.post("/password/forgotten", {"email": email}, 303)
        for email in ("ana@example.com", "nobody@example.com", "no address at all", "Ana@Example.com ")
        for _ in range(OWN_REQUESTS_AN_HOUR)
    ]
    assert len({answer.location for answer in answers}) == 1
    messages = server.wait_for(OWN_REQUESTS_AN_HOUR)
    path = re.search(r"https://campaigns\.example\.com(/password/\S+)", messages[-1].get_content())[1]
    assert {message["To"] for message in messages} == {"ana@example.com"}
    visitor.post(path, {"password": NEW}, 303)
    assert len(server.messages) == OWN_REQUESTS_AN_HOUR


def test_without_mail_the_page_says_whom_to_ask(app):
    a_user("viewer", "ana@example.com")
    visitor = a_client(app, None)
    assert "Ask somebody with the admin role" in words(visitor.get("/password/forgotten").text)
    visitor.post("/password/forgotten", {"email": "ana@example.com"}, 303)
    assert db.session.scalars(select(AccountLink)).all() == []


def test_a_request_to_another_host_is_refused_where_the_own_one_is_known(mailing):
    app, _ = mailing
    client = app.test_client()
    for host, status in (
        ("campaigns.example.com", 200),
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("evil.example", 400),
        ("campaigns.example.com.evil.example", 400),
    ):
        answer = client.get("/login", headers={"Host": host})
        assert answer.status_code == status, host
        assert "evil" not in answer.text
