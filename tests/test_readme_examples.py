"""The examples of the README are run as they stand there, by a shell, against the app."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from tests.databases import DEFAULTS, an_app, fresh_sqlite
from tests.server_process import ROOT, RunningApp

README = (ROOT / "README.md").read_text(encoding="utf-8")


def example() -> str:
    """The shell lines under “The JSON API”."""
    section = README.split("## The JSON API", 1)[1]
    return re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the example calls curl, which is not installed")
def test_the_example_of_the_api_works_as_it_stands(tmp_path):
    database_url, script = fresh_sqlite(tmp_path), example()
    assert "http://127.0.0.1:8000/api/marketing" in script and ".venv/bin/flask" in script
    with RunningApp(database_url, workers=1, SCHEDULER_ENABLED="0") as running:
        script = script.replace("http://127.0.0.1:8000", running.url)
        script = script.replace(".venv/bin/flask", f"{Path(sys.executable).parent / 'flask'}")
        environ = {**os.environ, **DEFAULTS, "DATABASE_URL": database_url}
        # an empty line after each answer, which curl does not write
        script = script.replace("curl -sS", "curl -sS -w '\\n'")
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=240
        )  # fmt: skip
    assert run.returncode == 0, run.stderr
    answers = [json.loads(line) for line in run.stdout.splitlines() if line.strip()]
    assert not any("error" in answer for answer in answers), answers
    made, added, launched, stats, failures, process = answers
    assert made["status"] == "draft" and launched["status"] == "active" and launched["id"] == made["id"]
    assert added["added"] == 1 and stats["total_target"] == 1 and stats["pending"] == 1
    assert failures["items"] == [] and set(process) == {"campaigns_due"}
    with an_app(database_url).app_context():
        assert db.session.scalars(select(Campaign.name)).all() == ["Holiday Sale 2030"]
        assert db.session.scalars(select(Recipient.phone_number)).all() == ["+919876543210"]
        db.session.remove()
        db.engine.dispose()
