"""`flask doctor`: every line well on a sound installation, and each thing that is broken named with what to do."""

import re
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import requests
from sqlalchemy import text, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.lease import Lease
from campaign_app.models.message import Message
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.schema import head
from campaign_app.services import operation_checks
from campaign_app.services.database_checks import check_database
from campaign_app.services.leases import LeaseHolder
from campaign_app.services.number import sending_number, stop_number
from campaign_app.services.operation_checks import JOBS
from campaign_app.services.restored_copy import mark_restored
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from tests.databases import an_app, fresh_sqlite
from tests.engine import RunningSimulator, an_app_on
from tests.makers import a_campaign, sent_out
from tests.server_process import free_port
from tests.test_start import run
from tests.whatsapp.webhooks import a_change, a_status, a_webhook

LONG_KEY = "0123456789abcdef" * 3


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator() as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    """A sound installation: its timed jobs run, webhooks come, WhatsApp is content."""
    simulator.reset()
    app = an_app_on(simulator, database_url, SECRET_KEY=LONG_KEY, SEND_RATE_PER_SECOND="80")
    with app.app_context():
        for name in JOBS:
            assert LeaseHolder(name, 600).hold()
        store(a_webhook(a_change(statuses=[a_status()])), utc_now())
        db.session.commit()
        apply_waiting()
        yield app
        db.session.remove()
        db.engine.dispose()


def doctor(app) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    db.session.rollback()
    return result.exit_code, result.output


def lines(output: str, verdict: str) -> list[str]:
    said = [re.sub(r"\s+", " ", line) for line in output.splitlines()]
    return [line for line in said if line.startswith(verdict)]


def the_fault(app, topic: str) -> str:
    """The only line that is wrong, together with its advice; it is about `topic`."""
    code, output = doctor(app)
    assert code == 1, output
    (line,) = lines(output, "WRONG")
    assert line.startswith(f"WRONG {topic} "), output
    advice = output.split("WRONG", 1)[1].splitlines()[1]
    assert advice.strip().startswith("→ "), output
    assert "1 of" in output.splitlines()[-1]
    return f"{line} {advice.strip()}"


def test_on_a_sound_installation_every_topic_has_a_line_and_none_is_wrong(app):
    code, output = doctor(app)
    assert (code, lines(output, "WRONG")) == (0, []), output
    topics = {re.split(r"\s{2,}", line)[1] for line in output.splitlines() if line[:4] in ("ok  ", "note")}
    kind = "sqlite" if db.engine.dialect.name == "sqlite" else "postgresql"
    assert topics == {
        "settings", "database", "migrations", kind, "disk", "token", "number", "limit", "templates", "subscription", "clock",
        "scheduler", "last webhook", "mail",
    }  # fmt: skip
    assert "Nothing is wrong." in output.splitlines()[-1]


def test_it_shows_no_secret_and_changes_nothing_on_a_sound_installation(app, simulator):
    _, output = doctor(app)
    for secret in (LONG_KEY, simulator.access_token, simulator.app_secret, simulator.verify_token):
        assert secret not in output


def test_every_wrong_setting_is_told_at_once():
    finished = run(
        "flask", "doctor", SECRET_KEY="", BUSINESS_TIMEZONE="Mars/Olympus", SEND_RATE_PER_SECOND="5000", PORT="http"
    )  # fmt: skip
    assert finished.returncode == 1
    told = lines(finished.stdout, "WRONG")
    named = {"SECRET_KEY", "BUSINESS_TIMEZONE", "SEND_RATE_PER_SECOND", "PORT"}
    assert {line.split()[2].rstrip(":") for line in told} == named
    assert "Traceback" not in finished.stderr


def test_settings_that_are_missing(database_url):
    app = an_app(database_url, WHATSAPP_ACCESS_TOKEN="", WHATSAPP_APP_SECRET="", WHATSAPP_VERIFY_TOKEN="")
    with app.app_context():
        code, output = doctor(app)
        db.engine.dispose()
    assert code == 1
    told = " ".join(lines(output, "WRONG"))
    assert "WHATSAPP_ACCESS_TOKEN" in told and "WHATSAPP_APP_SECRET" in told
    assert "WHATSAPP_VERIFY_TOKEN" in " ".join(lines(output, "note"))


def test_a_database_that_is_away(simulator):
    app = an_app_on(simulator, f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", SECRET_KEY=LONG_KEY)
    with app.app_context():
        code, output = doctor(app)
    assert code == 1
    assert "WRONG database It cannot be reached" in " ".join(lines(output, "WRONG"))
    assert lines(output, "ok token"), "WhatsApp is asked all the same"


def test_a_schema_that_is_behind(app):
    revision = db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    try:
        assert revision.rowcount == 1 and "flask db upgrade" in the_fault(app, "migrations")
    finally:
        db.session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()})
        db.session.commit()


def test_a_sqlite_file_that_a_crash_could_harm(app):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such mode")
    db.session.remove()
    db.engine.dispose()
    connection = db.engine.raw_connection()
    connection.driver_connection.execute("PRAGMA synchronous=OFF")
    connection.close()
    found = list(check_database(None))  # the whole command begins with connections of its own
    assert [finding.sentence for finding in found if finding.verdict == "WRONG"] == [
        "It is not in the mode that keeps what was committed: synchronous=0."
    ]


def test_postgresql_that_does_not_wait_for_the_disk(app):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has its own line")
    name = db.engine.url.database
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    db.engine.dispose()
    try:
        assert "synchronous_commit=off" in the_fault(app, "postgresql")
    finally:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET synchronous_commit')


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True
    )
    if mount.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_with_little_room(simulator, small_disk):
    app = an_app_on(simulator, fresh_sqlite(small_disk), SECRET_KEY=LONG_KEY)
    with app.app_context():
        _, output = doctor(app)
        db.engine.dispose()
    (line,) = lines(output, "WRONG disk")
    assert str(small_disk) in line


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_wrong(app, hours):
    _, output = doctor(app)
    assert lines(output, "ok clock")
    found = list(operation_checks.check_clock(utc_now() + timedelta(hours=hours), utc_now()))
    assert [finding.verdict for finding in found if "WhatsApp's" in finding.sentence] == ["WRONG"]
    assert "by 3600 s" in found[-1].sentence


def test_a_clock_behind_the_one_of_whatsapp_by_its_answers(app, simulator):
    """The Date header is what is compared: a server an hour ahead says so."""
    with a_server_an_hour_ahead() as url:
        other = an_app_on(simulator, app.config["SETTINGS"].database_url, WHATSAPP_API_URL=url)
        with other.app_context():
            _, output = doctor(other)
            db.engine.dispose()
    (line,) = [line for line in lines(output, "WRONG") if line.startswith("WRONG clock")]
    assert re.search(r"WhatsApp's by 3[56]\d\d s", line)


@contextmanager
def a_server_an_hour_ahead():
    listener = socket.create_server(("127.0.0.1", 0))
    at = (utc_now() + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = (
        f"HTTP/1.1 404 Not Found\r\nDate: {at}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()
    )

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def test_a_cloud_api_that_is_out_of_reach(app, simulator):
    other = an_app_on(
        simulator, app.config["SETTINGS"].database_url, WHATSAPP_API_URL=f"http://127.0.0.1:{free_port()}", SECRET_KEY=LONG_KEY
    )  # fmt: skip
    with other.app_context():
        assert "could not be reached" in the_fault(other, "cloud api")
        db.engine.dispose()


def test_a_token_that_whatsapp_refuses(app, simulator):
    other = an_app_on(simulator, app.config["SETTINGS"].database_url, WHATSAPP_ACCESS_TOKEN="EAAwrong")
    with other.app_context():
        code, output = doctor(other)
        db.engine.dispose()
    assert code == 1
    assert "190" in lines(output, "WRONG token")[0]
    assert "EAAwrong" not in output


def test_a_token_that_has_run_out_and_one_that_will_soon(app, simulator):
    soon = utc_now() + timedelta(days=3)
    simulator.settings(token_expires_at=int(soon.timestamp()))
    code, output = doctor(app)
    assert code == 0 and f"{soon:%Y-%m-%d}" in " ".join(lines(output, "note token"))
    simulator.settings(token_expires_at=int(utc_now().timestamp()) - 60)
    assert "not valid any more" in the_fault(app, "token")


@pytest.mark.parametrize(
    ("left", "missing", "consequence"),
    [
        ("whatsapp_business_management", "whatsapp_business_messaging", "cannot be sent"),
        ("whatsapp_business_messaging", "whatsapp_business_management", "neither message templates"),
    ],
)
def test_a_token_without_a_permission(app, simulator, left, missing, consequence):
    simulator.settings(token_permissions=left)
    fault = the_fault(app, "token")
    assert missing in fault and consequence in fault


def test_a_number_that_is_not_connected(app, simulator):
    simulator.settings(number_status="BANNED")
    assert "BANNED" in the_fault(app, "number")


def test_an_account_that_may_not_send(app, simulator):
    simulator.settings(outage="refused:131031")
    assert "may not send" in the_fault(app, "number")


def test_a_low_quality_rating(app, simulator):
    simulator.settings(quality_rating="RED")
    assert "quality rating is low" in the_fault(app, "number")


def test_a_limit_that_is_not_known_and_one_that_is_smaller_than_ours(app, simulator):
    _, output = doctor(app)
    assert "2,000 customers" in lines(output, "ok limit")[0]
    simulator.settings(messaging_limit="TIER_NOT_SET")
    code, output = doctor(app)
    assert code == 0 and "MESSAGING_LIMIT" in output.split("limit ", 1)[1]


def test_a_rate_above_what_whatsapp_takes(app, simulator):
    simulator.settings(throughput=80)
    other = an_app_on(
        simulator, app.config["SETTINGS"].database_url, SECRET_KEY=LONG_KEY, SEND_RATE_PER_SECOND="500"
    )
    with other.app_context():
        code, output = doctor(other)
        db.engine.dispose()
    assert code == 0 and "SEND_RATE_PER_SECOND is 500" in " ".join(lines(output, "note number"))


def test_no_template_that_may_be_sent(app, simulator):
    for template in the_templates(simulator):
        simulator.template(template["name"], template["language"], status="PAUSED")
    assert "none is approved" in the_fault(app, "templates")


def the_templates(simulator) -> list[dict]:
    headers = {"Authorization": f"Bearer {simulator.access_token}"}
    url = f"{simulator.url}/v25.0/{simulator.business_account_id}/message_templates?limit=500"
    return requests.get(url, headers=headers, timeout=10).json()["data"]


def test_an_account_whose_webhooks_nobody_gets(app, simulator):
    headers = {"Authorization": f"Bearer {simulator.access_token}"}
    url = f"{simulator.url}/v25.0/{simulator.business_account_id}/subscribed_apps"
    assert requests.delete(url, headers=headers, timeout=10).ok
    assert "no status will ever come" in the_fault(app, "subscription")


def test_whatsapp_that_is_silent_while_messages_go_out(app):
    at = utc_now() - timedelta(hours=3)
    messages = sent_out(a_campaign(), 2, at)
    db.session.execute(update(Message).values(sent_at=at, status="sent"))
    db.session.execute(update(WebhookEvent).values(received_at=at - timedelta(hours=1)))
    db.session.commit()
    assert messages and "no webhook came" in the_fault(app, "last webhook")


def test_webhooks_that_nobody_applies(app):
    store(a_webhook(a_change(statuses=[a_status(id="wamid.another")])), utc_now() - timedelta(minutes=5))
    db.session.commit()
    assert "1 webhooks wait" in the_fault(app, "inbox")


@pytest.mark.parametrize(("name", "job"), JOBS.items())
def test_a_timed_job_that_nobody_does(app, name, job):
    db.session.execute(
        update(Lease).where(Lease.name == name).values(expires_at=utc_now() - timedelta(minutes=1))
    )
    db.session.commit()
    fault = the_fault(app, "scheduler")
    assert job in fault and "flask run-scheduler" in fault


def test_a_mail_server_that_is_not_there_and_one_that_is(app, simulator):
    url = app.config["SETTINGS"].database_url
    settings = {"SECRET_KEY": LONG_KEY, "SEND_RATE_PER_SECOND": "80", "MAIL_FROM": "campaigns@example.com"}
    away = an_app_on(simulator, url, SMTP_URL=f"smtp://ana:hunter22@127.0.0.1:{free_port()}", **settings)
    with away.app_context():
        fault = the_fault(away, "mail")
        assert "SMTP_URL" in fault and "hunter22" not in fault
        db.engine.dispose()
    with a_mail_server() as port:
        there = an_app_on(simulator, url, SMTP_URL=f"smtp://127.0.0.1:{port}", **settings)
        with there.app_context():
            code, output = doctor(there)
            db.engine.dispose()
    assert code == 0 and "would take our mail" in " ".join(lines(output, "ok mail"))


@contextmanager
def a_mail_server():
    """As much of SMTP as a greeting needs."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as asked:
                    connection.sendall(b"220 mail\r\n")
                    for line in asked:
                        connection.sendall(
                            b"221 bye\r\n" if line.lower().startswith(b"quit") else b"250 ok\r\n"
                        )

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_a_restored_copy_that_waits_for_an_admin(app):
    mark_restored(None, utc_now())
    db.session.commit()
    assert "nothing is sent from it" in the_fault(app, "restored copy")


def test_a_number_that_was_stopped_goes_on_when_whatsapp_says_that_it_may(app, simulator):
    stop_number(131031, "Error 131031: Account locked", utc_now())
    db.session.commit()
    simulator.settings(outage="refused:131031")
    code, output = doctor(app)
    assert code == 1 and "Sending is stopped" in output
    assert sending_number().stopped_at is not None

    simulator.settings(outage="")
    code, output = doctor(app)
    assert code == 0 and "so it goes on now" in output
    db.session.rollback()
    assert sending_number().stopped_at is None
