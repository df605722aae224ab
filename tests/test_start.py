"""Starting for real: refused in one line, with what helps, when a setting is wrong or the database is not at head."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from flask_migrate import downgrade

from campaign_app.extensions import db
from campaign_app.schema import MIGRATIONS, schema_fault
from tests.databases import DEFAULTS, an_app, empty_postgresql, fresh_sqlite
from tests.engine import wait_until
from tests.server_process import RunningApp, free_port

ROOT = Path(__file__).parent.parent


def run(*command: str, **environ: str) -> subprocess.CompletedProcess:
    """A command of the app in a process of its own."""
    surroundings = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env={**surroundings, **DEFAULTS, **environ}, capture_output=True, text=True, timeout=60
    )  # fmt: skip


def gunicorn(**environ: str) -> subprocess.CompletedProcess:
    return run(
        "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}", **environ
    )


def our_lines(finished: subprocess.CompletedProcess) -> list[str]:
    """What it said, without gunicorn's own greeting."""
    said = (finished.stdout + finished.stderr).splitlines()
    return [line for line in said if line.strip() and not line.startswith("[")]


@pytest.fixture
def at_head(tmp_path):
    return fresh_sqlite(tmp_path)


@pytest.mark.parametrize(("name", "value"), [("BUSINESS_TIMEZONE", "Mars/Olympus"), ("PORT", "http")])
def test_gunicorn_refuses_a_bad_setting_in_one_line(at_head, name, value):
    finished = gunicorn(**{"DATABASE_URL": at_head, name: value})

    assert finished.returncode not in (0, None)
    (line,) = our_lines(finished)
    assert line.startswith(f"Campaign App cannot start. {name}: ")


def test_commands_refuse_a_bad_setting_in_one_line(at_head):
    finished = run("flask", "verify-counters", DATABASE_URL=at_head, SEND_RATE_PER_SECOND="5000")

    assert finished.returncode == 1
    assert our_lines(finished) == [
        "Campaign App cannot start. SEND_RATE_PER_SECOND: 5000 is out of range; accepted: a number from 1 to 1000."
    ]


def test_gunicorn_refuses_an_empty_database_and_says_which_command_helps(tmp_path):
    finished = gunicorn(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")

    assert finished.returncode == 1
    assert our_lines(finished) == [
        "Campaign App cannot start. The database is empty: run `flask db upgrade` first."
    ]


def test_gunicorn_refuses_a_database_of_a_newer_version(at_head):
    with sqlite3.connect(at_head.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    finished = gunicorn(DATABASE_URL=at_head)

    assert finished.returncode == 1
    (line,) = our_lines(finished)
    assert "9999" in line and "newer version" in line


def test_gunicorn_refuses_a_database_that_is_not_there():
    finished = gunicorn(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")

    assert finished.returncode == 1
    (line,) = our_lines(finished)
    assert "cannot be reached" in line and "DATABASE_URL" in line


def test_a_command_refuses_an_empty_database_in_one_line(tmp_path):
    finished = run("flask", "verify-counters", DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")

    assert finished.returncode == 1
    assert finished.stdout == ""
    assert finished.stderr.splitlines() == ["Error: The database is empty: run `flask db upgrade` first."]


@pytest.mark.parametrize(
    "command",
    [
        ["apply-webhooks"],
        ["process-campaigns"],
        ["run-scheduler"],
        ["sync-templates"],
        ["why", "0198f2f0-0000-7000-8000-000000000000"],
        ["create-token", "till", "--role", "staff"],
    ],
)
def test_every_command_refuses_an_empty_database(tmp_path, command):
    app = an_app(f"sqlite:///{tmp_path / 'empty.db'}")
    result = app.test_cli_runner().invoke(args=command)

    assert (result.exit_code, result.output) == (
        1,
        "Error: The database is empty: run `flask db upgrade` first.\n",
    )


def test_a_database_behind_is_refused_on_postgresql_too():
    app = an_app(empty_postgresql("behind"))
    assert schema_fault(app) == "The database is empty: run `flask db upgrade` first."


def test_after_the_command_that_helps_it_starts(tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert run("flask", "db", "upgrade", DATABASE_URL=url).returncode == 0

    with RunningApp(url, workers=1, SCHEDULER_ENABLED="0") as running:
        assert requests.get(f"{running.url}/healthz", timeout=10).status_code == 200
        answer = requests.get(f"{running.url}/readyz", timeout=10)
        assert (answer.status_code, answer.json()["unwell"]) == (503, ["scheduler"])


def test_a_schema_that_was_taken_back_is_refused(at_head):
    app = an_app(at_head)
    with app.app_context():
        downgrade(directory=str(MIGRATIONS), revision="base")
        db.engine.dispose()
    assert "flask db upgrade" in schema_fault(app)


def test_the_scheduler_starts_only_where_it_is_enabled(at_head):
    with RunningApp(at_head, workers=1, SCHEDULER_ENABLED="1") as running:
        wait_until(lambda: requests.get(f"{running.url}/readyz", timeout=10).status_code == 200)
