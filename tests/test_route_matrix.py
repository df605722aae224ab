"""The published matrix of routes and roles is the one that the app keeps: every line of it is walked with every role."""

import re
from uuid import UUID

import pytest
from flask import Blueprint

from campaign_app.domain.roles import Role
from campaign_app.web import registry as pages
from tests.api.client import ApiClient
from tests.databases import an_app
from tests.page_checks import a_client
from tests.route_matrix import lines_of, published

NOBODY = UUID(int=0)


def filled(address: str) -> str:
    """An address with ids of nobody."""
    address = address.replace("{phone_number}", "+919876543210").replace("{filename}", "css/app.css")
    address = re.sub(r"\{(\w*_id|id)\}", str(NOBODY), address)
    return re.sub(r"\{(\w+)\}", "1", address)


def test_the_published_matrix_is_made_of_these_routes(app):
    missing = set(lines_of(app)) ^ set(published())
    assert not missing, f"{missing}: run python -m tests.route_matrix, and look at what it changed"


def test_the_short_list_of_what_is_open(app):
    """Whatever is added here is open to the whole internet."""
    assert {line.address for line in published() if line.least is None} == {
        "/static/{filename}", "/bootstrap/static/{filename}", "/static/chartkick/{filename}", "/login", "/login/code",
        "/password/forgotten", "/password/{key}", "/webhook/whatsapp", "/healthz", "/readyz", "/metrics",
        "/api/marketing/docs", "/api/marketing/openapi.json",
    }  # fmt: skip


@pytest.mark.parametrize("role", [None, *Role])
def test_every_page_is_open_to_the_roles_that_the_matrix_names(app, role):
    client = a_client(app, role)
    for line in published():
        if line.is_api or line.least is None or line.address == "/logout":
            continue
        data = {"csrf_token": client.csrf_token()} if line.method != "GET" else None
        answer = client._ask(line.method.lower(), filled(line.address), data=data)
        to_sign_in = answer.status_code == 303 and answer.location.startswith("/login?")
        to_sign_in = to_sign_in or (answer.status_code == 303 and answer.location == "/login")
        place = f"{role}: {line.method} {line.address} answered {answer.status_code} {answer.location}"
        if role is None:
            assert to_sign_in, place
        else:
            assert (answer.status_code != 403) == (role >= line.least), place
            assert not to_sign_in and answer.status_code < 500, place


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.STAFF])
def test_every_call_of_the_api_is_open_to_the_tokens_that_the_matrix_names(app, role):
    client = ApiClient(app, role)
    for line in published():
        if not line.is_api or line.least is None:
            continue
        path = filled(line.address).removeprefix("/api/marketing")
        answer = client.ask(line.method, path, None, json={} if line.method != "GET" else None)
        place = f"{role}: {line.method} {line.address} answered {answer.status_code}"
        expected_401 = role is None
        assert (answer.status_code == 401) == expected_401, place
        if role is not None:
            assert (answer.status_code != 403) == (role >= line.least), place


def test_the_app_does_not_start_with_a_route_without_a_rule(monkeypatch):
    planted = Blueprint("planted", __name__)
    planted.add_url_rule("/planted", "show", lambda: "open to all")
    monkeypatch.setattr(pages, "BLUEPRINTS", (*pages.BLUEPRINTS, planted))
    with pytest.raises(RuntimeError, match=r"planted\.show"):
        an_app("sqlite:///unused.db")
