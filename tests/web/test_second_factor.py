"""The second factor: set up with a phone, asked for at the sign-in, used once, and recovery codes for a lost phone."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.user import SignInAttempt, User
from campaign_app.services.second_factors import (
    begin_second_factor,
    is_right_code,
    phone_secret,
    turn_on,
)
from campaign_app.services.sign_ins import ATTEMPTS, GUESSES_AT_ACCOUNT
from campaign_app.web.login_code import THROTTLED, WRONG
from tests.databases import an_app
from tests.page_checks import PASSWORD, PageClient, a_client, a_user
from tests.pages_made import words


def code_of(user: User, at=None) -> str:
    return pyotp.TOTP(phone_secret(user)).at(at or utc_now())


def with_second_factor(role: str = "staff", email: str = "ana@example.com") -> tuple[User, list[str]]:
    """A user whose phone showed its first code two minutes ago, and the recovery codes."""
    user = a_user(role, email)
    begin_second_factor(user)
    before = utc_now() - timedelta(minutes=2)
    codes = turn_on(user, code_of(user, before), before)
    db.session.commit()
    return user, codes


def password_typed(app, email: str = "ana@example.com", **fields) -> PageClient:
    client = a_client(app, None)
    assert client.post("/login", {"email": email, "password": PASSWORD, **fields}).location == "/login/code"
    return client


def test_it_is_set_up_by_scanning_and_typing_a_code(app):
    client = a_client(app, "staff")
    client.get("/account/second-factor")
    client.post("/account/second-factor/begin", status=303)
    page = client.get("/account/second-factor").text
    secret = re.search(r"([A-Z2-7]{4}(?: [A-Z2-7]{4}){7})", page)[1].replace(" ", "")
    assert 'src="data:image/svg+xml' in page
    assert "not right" in words(client.post("/account/second-factor/on", {"code": "000000"}, 422).text)
    shown = client.post("/account/second-factor/on", {"code": pyotp.TOTP(secret).now()}, 200).text
    codes = re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", shown)
    assert len(set(codes)) == 10
    page = client.get("/account/second-factor").text
    assert secret not in page.replace(" ", "") and not any(code in page for code in codes), "shown once"


def test_neither_the_secret_nor_a_recovery_code_stands_in_the_database(app):
    user, codes = with_second_factor()
    secret = phone_secret(user)
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            assert not any(kept in repr(row) for kept in (secret, *codes)), table.name


def test_the_password_alone_opens_nothing(app):
    with_second_factor()
    client = password_typed(app, next="/campaigns")
    client.get("/campaigns", 303)
    client.get("/account", 303)


def test_password_and_code_open_the_page_that_was_wanted(app):
    user, _ = with_second_factor()
    client = password_typed(app, next="/campaigns")
    client.get("/login/code")
    answer = client.post("/login/code", {"code": f" {code_of(user)} "}, 303)
    assert answer.location == "/campaigns"
    client.get("/campaigns")


def test_a_code_works_once(app):
    user, _ = with_second_factor()
    code = code_of(user)
    password_typed(app).post("/login/code", {"code": code}, 303)
    page = password_typed(app).post("/login/code", {"code": code}, 422).text
    assert WRONG in words(page)


@pytest.mark.parametrize(
    ("seconds", "is_right"), [(-90, False), (-30, True), (0, True), (30, True), (90, False)]
)
def test_a_phone_may_be_half_a_minute_off(app, seconds, is_right):
    user, _ = with_second_factor()
    now = utc_now()
    assert is_right_code(user, code_of(user, now + timedelta(seconds=seconds)), now) == is_right


def test_an_older_code_is_refused_after_a_newer_one(app):
    user, _ = with_second_factor()
    now = utc_now()
    older, newer = code_of(user, now), code_of(user, now + timedelta(seconds=30))
    assert is_right_code(user, newer, now)
    assert not is_right_code(user, older, now)


def test_a_recovery_code_works_once_however_it_is_typed(app):
    _, codes = with_second_factor()
    typed = f" {codes[0].upper().replace('-', ' ')} "
    client = password_typed(app)
    client.post("/login/code", {"code": typed}, 303)
    client.get("/campaigns")
    password_typed(app).post("/login/code", {"code": codes[0]}, 422)
    password_typed(app).post("/login/code", {"code": codes[1]}, 303)
    assert "recovery code used" in db.session.scalars(select(AuditEntry.action)).all()


def test_a_recovery_code_of_somebody_else_is_none(app):
    _, codes = with_second_factor()
    with_second_factor(email="bob@example.com")
    password_typed(app, "bob@example.com").post("/login/code", {"code": codes[0]}, 422)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "x" * 500, "0b1010", "-12345"])
def test_what_is_no_code_is_refused(app, code):
    with_second_factor()
    password_typed(app).post("/login/code", {"code": code}, 422)


def test_guessing_codes_is_stopped_even_from_many_addresses(app):
    user, _ = with_second_factor()
    for number in range(GUESSES_AT_ACCOUNT):
        at = {"environ_overrides": {"REMOTE_ADDR": f"10.0.0.{number // ATTEMPTS}"}}
        password_typed(app).post("/login/code", {"code": "000000"}, 422, **at)
    answer = password_typed(app).post("/login/code", {"code": code_of(user)}, 429)
    assert THROTTLED in words(answer.text)
    db.session.execute(update(SignInAttempt).values(at=utc_now() - timedelta(minutes=61)))
    password_typed(app).post("/login/code", {"code": code_of(user)}, 303)


def test_the_second_step_does_not_wait_for_ever(app):
    user, _ = with_second_factor()
    client = password_typed(app)
    with client.http.session_transaction() as session:
        session["password_was_right"][1] -= 301
        session.modified = True
    assert client.post("/login/code", {"code": code_of(user)}, 303).location == "/login"
    a_client(app, None).get("/login/code", 303)


def test_a_disabled_person_does_not_get_past_the_second_step(app):
    user, _ = with_second_factor()
    client = password_typed(app)
    user.is_enabled = False
    db.session.commit()
    assert client.post("/login/code", {"code": code_of(user)}, 303).location == "/login"


def test_turning_it_off_needs_the_password(app):
    user, _ = with_second_factor()
    client = password_typed(app)
    client.post("/login/code", {"code": code_of(user)}, 303)
    client.post("/account/second-factor/off", {"password": "a guess"}, 422)
    client.post("/account/second-factor/codes", {"password": "a guess"}, 422)
    client.post("/account/second-factor/codes", {"password": PASSWORD}, 200)
    client.post("/account/second-factor/off", {"password": PASSWORD}, 303)
    answer = a_client(app, None).post("/login", {"email": "ana@example.com", "password": PASSWORD})
    assert answer.location == "/"


def test_new_recovery_codes_replace_the_old_ones(app):
    user, codes = with_second_factor()
    client = password_typed(app)
    client.post("/login/code", {"code": code_of(user)}, 303)
    client.post("/account/second-factor/codes", {"password": PASSWORD}, 200)
    password_typed(app).post("/login/code", {"code": codes[0]}, 422)


@pytest.fixture
def strict_app(database_url):
    app = an_app(database_url, ADMINS_NEED_SECOND_FACTOR="1")
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_where_it_is_asked_of_them_admins_can_do_nothing_before_it(strict_app):
    client = a_client(strict_app, "admin")
    for address in ("/", "/settings/users", "/customers.csv", "/account"):
        assert client.get(address, 303).location == "/account/second-factor", address
    assert client.post("/settings/tokens", {"name": "Shop", "role": "staff"}, 303)
    page = client.get("/account/second-factor").text
    assert "Set it up to go on" in words(page)
    client.post("/account/second-factor/begin", status=303)
    user = db.session.scalars(select(User)).one()
    client.post("/account/second-factor/on", {"code": code_of(user)}, 200)
    client.get("/settings/users")
    client.post("/account/second-factor/off", {"password": PASSWORD}, 409)
    a_client(strict_app, "staff").get("/")


def test_an_admin_helps_somebody_who_lost_everything(app):
    user, _ = with_second_factor()
    admin = a_client(app, "admin")
    assert "Second factor" in words(admin.get(f"/settings/users/{user.id}").text)
    admin.post(f"/settings/users/{user.id}/second-factor/off", status=303)
    answer = a_client(app, None).post("/login", {"email": "ana@example.com", "password": PASSWORD})
    assert answer.location == "/"


def test_the_command_helps_the_last_admin(app):
    with_second_factor("admin")
    db.session.commit()
    found = app.test_cli_runner().invoke(args=["forget-second-factor", "Ana@example.com"])
    assert found.exit_code == 0, found.output
    db.session.expire_all()
    assert db.session.scalar(select(User.second_factor_since)) is None
    assert app.test_cli_runner().invoke(args=["forget-second-factor", "nobody@example.com"]).exit_code == 1
