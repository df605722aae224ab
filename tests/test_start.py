"""Starting for real: refused in one line, with what helps, when a setting is wrong or the database is not at head."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, text

from campaign_app.extensions import db
from campaign_app.schema import MIGRATIONS, head, schema_fault
from tests.databases import DEFAULTS, an_app, empty_postgresql
from tests.engine import wait_until
from tests.server_process import RunningApp, free_port

ROOT = Path(__file__).parent.parent


def run(*command: str, **environ: str) -> subprocess.CompletedProcess:
    """A command of the app in a process of its own."""
    surroundings = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env={**surroundings, **DEFAULTS, **environ}, capture_output=True, text=True, timeout=60
    )  # fmt: skip


def set_version(url: str, version: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


def gunicorn(**environ: str) -> subprocess.CompletedProcess:
    return run(
        "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}", **environ
    )


def our_lines(finished: subprocess.CompletedProcess) -> list[str]:
    """What it said, without gunicorn's own greeting."""
    said = (finished.stdout + finished.stderr).splitlines()
    return [line for line in said if line.strip() and not line.startswith("[")]


@pytest.fixture
def at_head(database_url):
    return database_url


@pytest.fixture(params=["sqlite", "postgresql"])
def without_tables(request, tmp_path):
    return (
        f"sqlite:///{tmp_path / 'empty.db'}"
        if request.param == "sqlite"
        else empty_postgresql("without_tables")
    )


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


def test_gunicorn_refuses_an_empty_database_and_says_which_command_helps(without_tables):
    finished = gunicorn(DATABASE_URL=without_tables)

    assert finished.returncode == 1
    assert our_lines(finished) == [
        "Campaign App cannot start. The database is empty: run `flask db upgrade` first."
    ]


def test_gunicorn_refuses_a_database_of_a_newer_version(at_head):
    set_version(at_head, "9999")
    try:
        finished = gunicorn(DATABASE_URL=at_head)
    finally:
        set_version(at_head, head())

    assert finished.returncode == 1
    (line,) = our_lines(finished)
    assert "9999" in line and "newer version" in line


def test_gunicorn_refuses_a_database_that_is_not_there():
    finished = gunicorn(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")

    assert finished.returncode == 1
    (line,) = our_lines(finished)
    assert "cannot be reached" in line and "DATABASE_URL" in line


def test_a_command_refuses_an_empty_database_in_one_line(without_tables):
    finished = run("flask", "verify-counters", DATABASE_URL=without_tables)

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
def test_every_command_refuses_an_empty_database(without_tables, command):
    app = an_app(without_tables)
    result = app.test_cli_runner().invoke(args=command)

    assert (result.exit_code, result.output) == (
        1,
        "Error: The database is empty: run `flask db upgrade` first.\n",
    )


def test_after_the_command_that_helps_it_starts(without_tables):
    url = without_tables
    assert run("flask", "db", "upgrade", DATABASE_URL=url).returncode == 0

    with RunningApp(url, workers=1, SCHEDULER_ENABLED="0") as running:
        assert requests.get(f"{running.url}/healthz", timeout=10).status_code == 200
        answer = requests.get(f"{running.url}/readyz", timeout=10)
        assert (answer.status_code, answer.json()["unwell"]) == (503, ["scheduler"])


def test_a_schema_that_was_taken_back_is_refused(without_tables):
    app = an_app(without_tables)
    with app.app_context():
        upgrade(directory=str(MIGRATIONS))
        assert schema_fault(app) is None
        downgrade(directory=str(MIGRATIONS), revision="base")
        db.engine.dispose()
    assert "flask db upgrade" in schema_fault(app)


def test_the_scheduler_starts_only_where_it_is_enabled(at_head):
    with RunningApp(at_head, workers=1, SCHEDULER_ENABLED="1") as running:
        wait_until(lambda: requests.get(f"{running.url}/readyz", timeout=10).status_code == 200)
