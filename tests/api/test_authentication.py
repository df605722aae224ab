"""The gate of the API: deny by default, roles by view."""

from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.services.api_tokens import revoke_token
from campaign_app.web.access import ROLE_ATTRIBUTE
from campaign_app.web.api import registry
from campaign_app.web.api.authentication import OPEN_ATTRIBUTE
from campaign_app.web.api.openapi import METHODS, PREFIX
from tests.api.client import ApiClient
from tests.page_checks import a_client

OPEN = {"api.docs.openapi", "api.docs.show"}
FILLERS = {"campaign_id": UUID(int=0), "phone_number": "+919876543210"}


def routes(app):
    """(method, path, endpoint) of every call of the API."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            path = rule.build({name: FILLERS[name] for name in rule.arguments})[1].removeprefix(PREFIX)
            for method in METHODS:
                if method in rule.methods:
                    yield method, path, rule.endpoint


def test_only_the_description_is_open(app):
    assert {
        endpoint for _, _, endpoint in routes(app) if getattr(app.view_functions[endpoint], OPEN_ATTRIBUTE, 0)
    } == OPEN


def test_reading_needs_a_viewer_and_everything_else_staff(app):
    for method, _, endpoint in routes(app):
        if endpoint not in OPEN:
            role = getattr(app.view_functions[endpoint], ROLE_ATTRIBUTE)
            assert role == (Role.VIEWER if method == "GET" else Role.STAFF), endpoint


def test_a_view_without_a_role_stops_the_start(app):
    assert registry.unguarded_endpoints(app) == []
    app.view_functions["api.campaigns.planted"] = lambda: "for everybody"
    assert registry.unguarded_endpoints(app) == ["api.campaigns.planted"]


def test_without_a_token_every_call_is_refused(app, stranger):
    for method, path, endpoint in routes(app):
        if endpoint not in OPEN:
            answer = stranger.ask(method, path, 401)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Campaign App"', path


def test_a_viewer_only_reads(app, viewer):
    for method, path, _ in routes(app):
        answer = viewer.ask(method, path, None)
        assert (answer.status_code == 403) == (method != "GET"), f"{method} {path}: {answer.status_code}"
        if answer.status_code == 403:
            assert answer.json["error"]["code"] == "forbidden"
            assert (
                answer.headers["WWW-Authenticate"]
                == 'Bearer realm="Campaign App", error="insufficient_scope"'
            )


def test_a_viewer_changes_nothing(viewer, staff):
    viewer.post("/campaigns", {"name": "x", "template_name": "y"}, 403)
    viewer.ask("POST", "/campaigns", 403, data=b"not json at all")
    assert staff.get("/campaigns").json["items"] == []


def test_what_is_no_token_is_refused(stranger):
    wrong = (
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic dXNlcjpwYXNz",
        "Token x",
        "bearer\tx",
        "Bearer æøå",
        "Bearer a b",
    )
    for header in wrong:
        answer = stranger.get("/campaigns", 401, headers={"Authorization": header})
        assert answer.headers["WWW-Authenticate"].startswith("Bearer "), header
        assert answer.json["error"]["code"] == "unauthorized", header


def test_the_word_bearer_may_be_written_in_any_case(app, staff):
    plain = ApiClient(app, None)
    plain.get("/campaigns", headers={"Authorization": f"bEARER  {staff.token}"})


def test_a_token_in_the_address_is_no_token(stranger, staff):
    stranger.get(f"/campaigns?access_token={staff.token}", 401)


def test_a_revoked_token_is_refused_at_once(staff):
    staff.get("/campaigns")
    revoke_token(staff.token_id, "the tests", utc_now())
    answer = staff.get("/campaigns", 401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_the_last_use_of_a_token_is_known_also_when_it_only_read(viewer):
    before = utc_now()
    viewer.get("/campaigns")
    used_at = db.session.scalar(select(ApiToken.last_used_at).where(ApiToken.id == viewer.token_id))
    assert used_at >= before

    viewer.get("/campaigns")
    assert db.session.scalar(select(ApiToken.last_used_at).where(ApiToken.id == viewer.token_id)) == used_at


def test_a_session_of_a_browser_opens_nothing(app):
    browser = a_client(app, "admin")
    assert browser._ask("get", f"{PREFIX}/campaigns").status_code == 401


def test_no_csrf_token_is_needed(staff):
    staff.campaign()


def test_options_tell_the_methods_without_a_token(stranger):
    answer = stranger.ask("OPTIONS", "/campaigns", 200)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    bulk = stranger.ask("OPTIONS", "/customers/bulk", 200)
    assert set(bulk.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_head_answers_like_get_without_a_body(viewer):
    answer = viewer.ask("HEAD", "/campaigns", 200)
    assert answer.data == b"" and answer.mimetype == "application/json"
