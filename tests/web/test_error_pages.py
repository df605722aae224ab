"""What people see when something does not work."""

import re

import pytest
from flask import abort
from sqlalchemy.exc import OperationalError

from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.roles import Role
from campaign_app.web.access import requires
from campaign_app.web.api.authentication import open_to_everybody
from tests.databases import an_app
from tests.page_checks import a_client
from tests.pages_made import words


@pytest.fixture
def failing_app(database_url):
    """An app with views that fail in every way, and that answers errors as in production."""
    app = an_app(database_url)
    faults = {
        "refused": lambda: _raise(
            Invalid("The start day is already past.", {"start": ["The start day is already past."]})
        ),
        "conflict": lambda: _raise(Conflict("It was launched already.")),
        "missing": lambda: _raise(NotFound("There is no such campaign.")),
        "crash": lambda: _raise(RuntimeError("SELECT secret FROM users -- EAAtest")),
        "database": lambda: _raise(OperationalError("SELECT 1", {}, Exception("database is locked"))),
        "too-large": lambda: abort(413),
        "teapot": lambda: abort(418),
    }
    for name, view in faults.items():
        app.add_url_rule(f"/test/{name}", name, requires(Role.VIEWER)(view))
        app.add_url_rule(f"/api/test/{name}", f"api.{name}", open_to_everybody(view))
    with app.app_context():
        yield app


def _raise(error: Exception):
    raise error


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("refused", 422, "The start day is already past."),
        ("conflict", 409, "It was launched already."),
        ("missing", 404, "There is no such campaign."),
        ("crash", 500, "Nothing was half-done."),
        ("database", 503, "The database is busy"),
        ("too-large", 413, "Too large"),
        ("teapot", 418, "That did not arrive whole"),
    ],
)
def test_each_error_is_a_page_and_under_api_json(failing_app, name, status, sentence):
    client = a_client(failing_app, "viewer")
    page = client.get(f"/test/{name}", status)
    assert sentence in words(page.text)
    assert re.search(r"Reference: <code>[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}</code>", page.text)
    answer = client._ask("get", f"/api/test/{name}")
    assert answer.status_code == status and answer.mimetype == "application/json"
    assert answer.json["error"]["code"] and answer.json["error"]["message"]


def test_fields_stand_in_the_json(failing_app):
    answer = a_client(failing_app, "viewer")._ask("get", "/api/test/refused")
    assert answer.json == {
        "error": {
            "code": "invalid",
            "message": "The start day is already past.",
            "fields": {"start": ["The start day is already past."]},
        }
    }


def test_a_crash_shows_nothing_of_its_inside_and_leaves_a_reference_in_the_log(failing_app, caplog):
    with caplog.at_level("ERROR"):
        page = a_client(failing_app, "viewer").get("/test/crash", 500).text
    assert "SELECT" not in page and "Traceback" not in page and "RuntimeError" not in page
    reference = re.search(r"<code>([^<]+)</code>", page)[1]
    assert reference in caplog.text


def test_a_busy_database_asks_to_come_back(failing_app):
    assert a_client(failing_app, "viewer").get("/test/database", 503).headers["Retry-After"] == "5"


def test_an_unknown_address_is_a_page(app):
    assert "Page not found" in words(a_client(app, None).get("/no-such-page", 404).text)


def test_an_unknown_address_of_the_api_is_json(app):
    answer = a_client(app, None)._ask("get", "/api/no-such-call")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_a_wrong_method_names_the_right_one(app):
    answer = a_client(app, "viewer").get("/logout", 405)
    assert "POST" in answer.headers["Allow"]


def test_a_form_without_its_token_is_explained(app):
    client = a_client(app, "staff")
    answer = client._ask("post", "/campaigns/new", data={"name": "x"})
    assert answer.status_code == 400 and "The form was open too long" in words(answer.text)


@pytest.mark.parametrize("address", ["/campaigns?q=a%00b", "/campaigns/new?template=%00", "/login%00"])
def test_a_sign_that_no_database_takes_is_refused(app, address):
    assert a_client(app, "staff")._ask("get", address).status_code in (400, 404)


def test_a_nul_in_a_form_is_refused(app):
    client = a_client(app, "staff")
    assert client.post("/campaigns/new", {"name": "a\0b"}).status_code == 400
    assert a_client(app, None).post("/login", {"email": "a\0b", "password": "x"}).status_code == 400


def test_a_form_that_is_too_large_is_refused(app):
    client = a_client(app, "staff")
    answer = client.post("/campaigns/new", {"name": "x" * 2_000_000})
    assert answer.status_code == 413


def test_static_files_carry_the_headers_too(app):
    answer = a_client(app, None)._ask("get", "/static/css/app.css")
    assert (
        answer.headers["X-Content-Type-Options"] == "nosniff"
        and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    "path",
    ["/static/css/app.css", "/bootstrap/static/css/bootstrap.min.css", "/static/chartkick/Chart.bundle.js"],
)
def test_a_compressed_file_that_did_not_change_is_not_sent_again(app, path):
    client = a_client(app, None)
    first = client._ask("get", path, headers={"Accept-Encoding": "br"})
    assert first.headers["Content-Encoding"] == "br"
    again = client._ask(
        "get", path, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.get_data()) == (304, b"")
