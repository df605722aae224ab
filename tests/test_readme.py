"""The README names every setting and every command, and the example of a .env file every setting."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from config import ServerSettings, Settings
from tests.databases import an_app

ROOT = Path(__file__).parent.parent
FLASKS_OWN = {"db", "routes", "run", "shell"}
IN_ANOTHER_NAME = {"PORT": "PORT", "WORKERS": "WEB_CONCURRENCY", "THREADS": "WEB_THREADS"}

SETTINGS = sorted(field.name.upper() for field in fields(Settings))
SERVER_SETTINGS = sorted(IN_ANOTHER_NAME[field.name.upper()] for field in fields(ServerSettings))
COMMANDS = sorted(set(an_app("sqlite:///unused.db").cli.commands) - FLASKS_OWN)


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_has_a_row_in_the_table(readme, name):
    assert re.search(rf"^\| `{name}` \|", readme, re.MULTILINE), f"README.md has no row for {name}"


@pytest.mark.parametrize("name", SERVER_SETTINGS)
def test_what_gunicorn_reads_is_named(readme, name):
    assert f"`{name}`" in readme


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_row_in_the_table(readme, name):
    assert re.search(rf"^\| `flask {name}[ `]", readme, re.MULTILINE), (
        f"README.md has no row for flask {name}"
    )


def test_no_setting_and_no_command_is_named_that_does_not_exist(readme):
    settings = set(re.findall(r"^\| `([A-Z][A-Z_]+)` \|", readme, re.MULTILINE))
    assert settings <= {*SETTINGS, *SERVER_SETTINGS}
    commands = set(re.findall(r"`flask ([a-z-]+)", readme))
    assert commands <= {*COMMANDS, *FLASKS_OWN}


def test_the_two_commands_stand_there_as_they_must_be_typed(readme):
    assert (
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/flask demo" in readme
    )
    assert (
        "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt && .venv/bin/pytest" in readme
    )


def test_the_defaults_in_the_table_are_the_real_ones(readme):
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", readme, re.MULTILINE))
    real = an_app("sqlite:///unused.db", SCHEDULER_ENABLED="").config["SETTINGS"]
    for name in ("SEND_RATE_PER_SECOND", "SEND_CONCURRENCY", "PROCESS_INTERVAL_SECONDS", "LEASE_SECONDS", "SEND_TIMEOUT_SECONDS",
                 "WEBHOOK_RETENTION_DAYS", "UNCONFIRMED_AFTER_SECONDS", "TRUSTED_PROXIES", "REQUIRE_OPT_IN", "SCHEDULER_ENABLED"):  # fmt: skip
        assert float(rows[name].strip("` ")) == float(getattr(real, name.lower())), name


def test_the_example_of_a_env_file_names_every_setting():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    assert set(SETTINGS) <= named
    assert named <= {*SETTINGS, *SERVER_SETTINGS}
