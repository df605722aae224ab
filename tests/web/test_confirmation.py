"""The password is asked for once more before what weakens the app or takes data out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.models.user_session import UserSession
from campaign_app.services.sign_ins import ATTEMPTS
from tests.page_checks import PASSWORD, a_client
from tests.pages_made import words


def typed(minutes: int) -> None:
    """The password was typed so many minutes ago, in every session."""
    db.session.execute(update(UserSession).values(confirmed_at=utc_now() - timedelta(minutes=minutes)))
    db.session.commit()


@pytest.mark.parametrize(
    "address", ["/settings/tokens", "/settings/data-protection", "/customers.csv", "/customers.xlsx"]
)
def test_after_ten_minutes_the_page_asks_for_it_and_leads_back(app, address):
    client = a_client(app, "admin")
    client.get(address)
    typed(11)
    asked = client.get(address, 303)
    assert asked.location == f"/account/confirm?next={address}"
    assert "Your password once more" in words(client.get(asked.location).text)
    client.post("/account/confirm", {"password": "a guess at it", "next": address}, 422)
    client.get(address, 303)
    assert client.post("/account/confirm", {"password": PASSWORD, "next": address}, 303).location == address
    client.get(address)


def test_a_form_that_was_opened_in_time_may_be_filled_in_but_not_for_ever(app):
    client = a_client(app, "admin")
    typed(15)
    client.post("/settings/tokens", {"name": "Shop", "role": "staff"}, 200)
    typed(21)
    form = {"headers": {"Referer": "http://localhost/settings/tokens?x=1"}}
    answer = client.post("/settings/tokens", {"name": "Another", "role": "staff"}, 303, **form)
    assert answer.location == "/account/confirm?next=/settings/tokens"
    assert len(db.session.scalars(select(ApiToken)).all()) == 1


def test_it_leads_to_no_other_host(app):
    client = a_client(app, "admin")
    answer = client.post("/account/confirm", {"password": PASSWORD, "next": "//evil.example"}, 303)
    assert answer.location == "/"


def test_the_password_cannot_be_guessed_there(app):
    client = a_client(app, "admin")
    for number in range(ATTEMPTS):
        client.post("/account/confirm", {"password": f"guess {number}"}, 422)
    client.post("/account/confirm", {"password": PASSWORD}, 429)


def test_other_sessions_of_the_person_are_not_confirmed_by_it(app):
    here, there = a_client(app, "admin"), a_client(app, "admin")
    typed(11)
    here.post("/account/confirm", {"password": PASSWORD, "next": "/"}, 303)
    here.get("/settings/tokens")
    there.get("/settings/tokens", 303)


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303), (None, 303)],
)
def test_a_form_of_another_site_is_refused_even_with_the_right_token(app, site, status):
    client = a_client(app, "staff")
    headers = {"Sec-Fetch-Site": site} if site else {}
    client.post("/account/sessions/end-others", status=status, headers=headers)
