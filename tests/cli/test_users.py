"""`flask create-user` and `flask create-token`."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services.api_tokens import find_token
from campaign_app.services.passwords import matches


def run(app, *arguments: str, typed: str = ""):
    db.session.commit()
    found = app.test_cli_runner().invoke(args=list(arguments), input=typed)
    db.session.expire_all()
    return found


def test_a_user_is_made_with_the_password_of_standard_input(app):
    found = run(
        app,
        "create-user",
        "Ana@Example.com",
        "--role",
        "admin",
        "--password-stdin",
        typed="a lantern by the river\n",
    )
    assert (found.exit_code, found.output) == (0, "ana@example.com can sign in now, as admin.\n")
    user = db.session.scalars(select(User)).one()
    assert user.role == "admin" and matches("a lantern by the river", user.password_hash)


def test_without_the_option_the_password_is_asked_for_twice(app):
    typed = "a lantern by the river\n" * 2
    found = run(app, "create-user", "ana@example.com", "--role", "viewer", typed=typed)
    assert found.exit_code == 0 and "a lantern" not in found.output


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        (["ana@example.com", "--role", "admin", "--password-stdin"], "short\n", 1, "Use at least 12 signs"),
        (["ana@example.com", "--role", "admin", "--password-stdin"], "", 1, "Use at least 12 signs"),
        (
            ["no address", "--role", "admin", "--password-stdin"],
            "a lantern by the river\n",
            1,
            "Not an e-mail address",
        ),
        (["ana@example.com", "--role", "owner"], "", 2, "owner"),
        (["ana@example.com"], "", 2, "--role"),
        ([], "", 2, "EMAIL"),
    ],
)
def test_what_is_refused_is_said_in_one_line(app, arguments, typed, code, words):
    found = run(app, "create-user", *arguments, typed=typed)
    assert found.exit_code == code and words in found.stderr
    if code == 1:
        assert len(found.stderr.strip().splitlines()) == 1
    assert db.session.scalars(select(User)).all() == []


def test_the_same_address_twice_is_refused(app):
    for expected in (0, 1):
        found = run(
            app,
            "create-user",
            "ana@example.com",
            "--role",
            "staff",
            "--password-stdin",
            typed="a lantern by the river\n",
        )
        assert found.exit_code == expected
    assert "already a user" in found.stderr


def test_a_token_is_printed_once(app):
    found = run(app, "create-token", "Shop backend", "--role", "staff")
    assert found.exit_code == 0
    assert find_token(found.stdout.strip()).name == "Shop backend"


@pytest.mark.parametrize(
    ("arguments", "code"), [(["Shop", "--role", "admin"], 2), (["", "--role", "staff"], 1), (["Shop"], 2)]
)
def test_a_wrong_token_is_refused(app, arguments, code):
    assert run(app, "create-token", *arguments).exit_code == code
