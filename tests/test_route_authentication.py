"""Nobody opens what his role does not allow: every route × anonymous, viewer, staff, admin."""

from uuid import UUID

import pytest
from flask import Flask

from campaign_app.domain.roles import Role
from campaign_app.web.access import ROLE_ATTRIBUTE, is_public, unguarded_endpoints
from tests.page_checks import a_client

# The whole list of what is open without sign-in; the webhook and the API prove the caller by themselves.
PUBLIC = {
    "static",
    "bootstrap.static",
    "chartkick.static",
    "login.show",
    "login.sign_in",
    "login_code.show",
    "login_code.check",
}
PUBLIC_BLUEPRINTS = {"webhook", "health", "api", "account_links"}

NOBODY = UUID(int=0)

# A POST that only reads: what is searched for stays out of addresses and logs.
READING_POSTS = {"/customers/search"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, address) of every route that is not public, with ids of nobody."""
    found = []
    for rule in app.url_map.iter_rules():
        if is_public(rule.endpoint):
            continue
        values = {name: _filler(rule._converters[name]) for name in rule.arguments}
        address = rule.build(values)[1]
        found += [(rule.endpoint, method, address) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def _filler(converter) -> object:
    kind = type(converter).__name__
    return NOBODY if kind == "UUIDConverter" else 1 if kind == "IntegerConverter" else "nobody"


def ask(client, method: str, address: str):
    return client._ask(
        method.lower(), address, data={"csrf_token": client.csrf_token()} if method != "GET" else None
    )


def role_of(app: Flask, endpoint: str) -> Role:
    return getattr(app.view_functions[endpoint], ROLE_ATTRIBUTE)


def test_what_is_public_stands_on_the_short_list(app):
    public = {endpoint for endpoint in app.view_functions if is_public(endpoint)}
    assert {endpoint for endpoint in public if endpoint.split(".")[0] not in PUBLIC_BLUEPRINTS} == PUBLIC


def test_every_other_route_names_the_role_it_needs(app):
    assert unguarded_endpoints(app) == []


def test_a_view_without_a_role_is_seen(app):
    app.view_functions["planted"] = lambda: "open to all"
    assert unguarded_endpoints(app) == ["planted"]


def test_anonymous_visitors_are_sent_to_the_sign_in(app):
    client = a_client(app, None)
    for endpoint, method, address in routes(app):
        answer = ask(client, method, address)
        assert answer.status_code == 303 and answer.location.startswith("/login"), (
            f"{method} {address} ({endpoint})"
        )


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_it_may_and_nothing_else(app, role):
    client = a_client(app, role)
    for endpoint, method, address in routes(app):
        if endpoint == "login.sign_out":
            continue
        answer = ask(client, method, address)
        allowed = role >= role_of(app, endpoint)
        assert (answer.status_code != 403) == allowed, (
            f"{role}: {method} {address} answered {answer.status_code}"
        )
        assert not (answer.location or "").startswith("/login"), (
            f"{role} was signed out by {method} {address}"
        )
        assert answer.status_code < 500, (
            f"{role}: {method} {address} answered {answer.status_code}\n{answer.text[-2000:]}"
        )


def test_what_changes_something_needs_staff_and_settings_need_admin(app):
    for endpoint, method, address in routes(app):
        # a search is a POST because a phone number must not stand in an address
        if endpoint in ("login.sign_out", "customers.search"):
            continue
        role = role_of(app, endpoint)
        if method != "GET" and address not in READING_POSTS and not address.startswith("/account/"):
            assert role >= Role.STAFF, f"{method} {address}"
        if address.endswith((".csv", ".xlsx")) and "example" not in address:
            assert role >= Role.STAFF, f"exports need staff: {address}"
        if address.startswith("/settings"):
            assert role == Role.ADMIN, address


def test_every_form_needs_its_token(app):
    client = a_client(app, "admin")
    for _, method, address in routes(app):
        if method != "GET":
            answer = client._ask(method.lower(), address)
            assert answer.status_code == 400, (
                f"{method} {address} without a token answered {answer.status_code}"
            )


def test_a_token_of_another_session_is_refused(app):
    stolen = a_client(app, "staff").csrf_token()
    answer = a_client(app, "admin")._ask("post", "/number/resume", data={"csrf_token": stolen})
    assert answer.status_code == 400
