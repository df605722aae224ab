"""The inbox: every body once in effect, a bad one alone set aside, and nothing lost to a SIGKILL."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WaitingStatus, WebhookEvent
from campaign_app.services.recount import mismatches
from campaign_app.services.send_outcomes import settle
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import Arrival, store, store_all, waiting_bodies
from tests.databases import DEFAULTS
from tests.engine import wait_until
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import accepted
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook

ROOT = Path(__file__).parents[2]


def a_step(message: dict, status: str = "delivered", **more) -> dict:
    seconds = str(int((NOON + minutes(1)).timestamp()))
    return a_status(
        id=f"wamid.{message['id']}",
        biz_opaque_callback_data=str(message["id"]),
        status=status,
        timestamp=seconds,
        **more,
    )


def a_body(*elements: dict) -> bytes:
    return a_webhook(a_change(statuses=list(elements)))


def a_campaign_under_way(people: int) -> tuple[Campaign, list[dict]]:
    campaign = a_campaign()
    messages = sent_out(campaign, people)
    settle([accepted(message) for message in messages], NOON)
    db.session.commit()
    return campaign, messages


def taken_in(*bodies: bytes) -> None:
    for raw in bodies:
        store(raw, NOON)
    db.session.commit()
    while apply_waiting():
        pass
    db.session.expire_all()


def states() -> list[tuple[str, str | None]]:
    return [
        tuple(row)
        for row in db.session.execute(select(WebhookEvent.state, WebhookEvent.note).order_by(WebhookEvent.id))
    ]


def statuses_of(messages: list[dict]) -> list[str]:
    found = select(Recipient.status).where(Recipient.message_id.in_([message["id"] for message in messages]))
    return list(db.session.scalars(found.order_by(Recipient.position)))


def test_the_same_body_is_kept_once_and_applied_once(app):
    campaign, messages = a_campaign_under_way(2)
    body = a_body(a_step(messages[0]))
    store_all(
        db.session.connection().connection.driver_connection, [Arrival(body, NOON), Arrival(body, NOON)]
    )
    taken_in(body)
    taken_in(body)

    assert states() == [("applied", None)]
    assert campaign.messages_delivered == 1
    assert mismatches() == []


BAD_ELEMENTS = [
    5, None, [], "x", {}, {"id": "wamid.x"}, {"id": "wamid.x", "status": "read"}, {"id": "wamid.x", "status": "read", "timestamp": "soon"},
    {"id": None, "status": "read", "timestamp": "1790000000"}, {"id": ["x"], "status": "read", "timestamp": "1790000000"},
]  # fmt: skip


def test_bad_elements_among_a_thousand_are_told_and_the_others_are_applied(app):
    campaign, messages = a_campaign_under_way(60)
    elements = [a_step(message) for message in messages] * 17
    for place, bad in enumerate(BAD_ELEMENTS):
        elements.insert(100 * place, bad)
    taken_in(a_body(*elements))

    ((state, note),) = states()
    told = note.splitlines()
    assert state == "quarantined" and len(told) == len(BAD_ELEMENTS)
    for place, line in enumerate(told):
        assert line.startswith(f"entry[0].changes[0].value.statuses[{100 * place}]: ")
    assert campaign.messages_delivered == 60
    assert mismatches() == []


@pytest.mark.parametrize("raw", [b"", b"no json", b"\xff\xfe", b"[]", b"5", b"[" * 50_000, b'{"a":' * 20_000])
def test_what_is_no_webhook_is_shown_as_unreadable(app, raw):
    taken_in(raw)
    ((state, note),) = states()
    assert state == "unreadable" and note


@pytest.mark.parametrize(
    "value", ["x" * 5000, "\x00", "a\x00b", "\ud800", 10**30, -1, 1.5, True, None, {}, [], "💥" * 600]
)
def test_odd_values_in_every_field_block_nothing(app, value):
    _, messages = a_campaign_under_way(3)
    for field in (
        "biz_opaque_callback_data",
        "recipient_id",
        "pricing",
        "errors",
        "conversation",
        "new_field",
    ):
        store(a_body({**a_step(messages[0], "failed"), field: value}), NOON)
    error = {"code": value, "title": value, "message": value, "error_data": value}
    store(
        a_body(
            {
                **a_step(messages[0], "failed"),
                "errors": [error],
                "pricing": {"category": value, "type": value},
            }
        ),
        NOON,
    )
    store(
        a_webhook(a_change(messages=[a_message(text={"body": value}, type=value, **{"from": value})])), NOON
    )
    template = {"event": value, "message_template_name": value, "message_template_language": value}
    store(
        a_webhook(
            {"field": "message_template_status_update", "value": template}, {"field": value, "value": value}
        ),
        NOON,
    )
    store(
        a_webhook(
            {"field": "business_capability_update", "value": {"max_daily_conversations_per_business": value}}
        ),
        NOON,
    )
    taken_in(a_body(a_step(messages[1], "read")))

    assert waiting_bodies()[0] == 0
    assert {state for state, _ in states()} <= {"applied", "quarantined"}
    assert [note for _, note in states() if note and "could not be applied" in note] == []
    assert statuses_of(messages) == ["failed", "read", "sent"]
    assert mismatches() == []


POISON = {
    "sqlite": """CREATE TRIGGER poison BEFORE UPDATE ON whatsapp_messages WHEN NEW.status = 'read' AND NEW.phone_number = '{number}'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END""",
    "postgresql": """CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql;
                     CREATE TRIGGER poison BEFORE UPDATE ON whatsapp_messages FOR EACH ROW
                     WHEN (NEW.status = 'read' AND NEW.phone_number = '{number}') EXECUTE FUNCTION refuse()""",
}


@pytest.fixture
def poisoned(app):
    """Makes the database refuse to store that this message was read."""

    def poison(message: dict) -> None:
        db.session.execute(text(POISON[db.engine.dialect.name].format(number=message["phone_number"])))
        db.session.commit()

    yield poison
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(
            text("DROP TRIGGER IF EXISTS poison ON whatsapp_messages; DROP FUNCTION IF EXISTS refuse()")
        )
        db.session.commit()


def test_a_body_that_breaks_the_batch_is_set_aside_alone(app, poisoned):
    campaign, messages = a_campaign_under_way(30)
    poisoned(messages[7])
    taken_in(*(a_body(a_step(message, "read")) for message in messages))

    (note,) = [note for state, note in states() if state == "quarantined"]
    assert "could not be applied" in note
    assert [state for state, _ in states()].count("applied") == 29
    assert campaign.messages_read == 29
    assert mismatches() == []


def test_of_a_thousand_statuses_in_one_body_the_one_that_cannot_be_stored_is_set_aside_alone(app, poisoned):
    campaign, messages = a_campaign_under_way(250)
    poisoned(messages[133])
    stop = a_message(text={"body": "STOP"}, **{"from": "919876500001"})
    elements = [a_step(message, status) for message in messages for status in ("sent", "delivered", "read")]
    elements += [a_step(message, "delivered") for message in messages[::-1]]
    taken_in(a_webhook(a_change(statuses=elements, messages=[stop])))

    ((state, note),) = states()
    assert (state, len(elements)) == ("quarantined", 1000)
    wamid = a_step(messages[133])["id"]
    assert re.fullmatch(
        rf"statuses\[401\] \(read of {re.escape(wamid)}\): It could not be applied: \w+", note
    )
    assert (campaign.messages_delivered, campaign.messages_read) == (250, 249)
    assert db.session.scalar(select(func.count()).select_from(MessageEvent)) == 749
    assert db.session.scalars(select(OptOut.phone_number)).all() == ["+919876500001"]
    assert mismatches() == []


def test_who_said_stop_in_a_body_next_to_a_broken_one_is_heard(app, poisoned):
    _, messages = a_campaign_under_way(2)
    poisoned(messages[0])
    stop = a_webhook(a_change(messages=[a_message(text={"body": "STOP"}, **{"from": "919876500001"})]))
    taken_in(a_body(a_step(messages[0], "read")), stop)
    assert db.session.scalars(select(OptOut.phone_number)).all() == ["+919876500001"]


def test_a_status_of_an_unknown_message_waits_until_the_message_is_known(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    step = a_step(message, "read")
    del step["biz_opaque_callback_data"]
    taken_in(a_body(step), a_body(step, a_step(message | {"id": "nobody"})))
    assert statuses_of([message]) == ["queued"]
    assert db.session.scalar(select(func.count()).select_from(WaitingStatus)) == 2

    settle([accepted(message)], NOON)
    db.session.commit()
    taken_in(a_body(a_step(message | {"id": "somebody else"})))
    assert statuses_of([message]) == ["read"]
    assert mismatches() == []


def test_a_status_that_waited_and_cannot_be_stored_takes_no_body_along(app, poisoned):
    campaign = a_campaign()
    messages = sent_out(campaign, 5)
    step = a_step(messages[0], "read")
    del step["biz_opaque_callback_data"]
    taken_in(a_body(step))
    settle([accepted(message) for message in messages], NOON)
    db.session.commit()
    poisoned(messages[0])
    taken_in(*(a_body(a_step(message, "read")) for message in messages[1:]))

    assert {state for state, _ in states()} == {"applied"}
    assert statuses_of(messages) == ["sent", *["read"] * 4]
    assert db.session.scalar(select(func.count()).select_from(WaitingStatus)) == 0
    assert mismatches() == []


def test_in_small_bites_the_end_is_the_same(app):
    campaign, messages = a_campaign_under_way(12)
    for message in messages:
        store(a_body(a_step(message, "read")), NOON)
    db.session.commit()
    assert [apply_waiting(5) for _ in range(4)] == [5, 5, 2, 0]
    db.session.expire_all()
    assert campaign.messages_read == 12


def waiting_now() -> int:
    with reading():
        waiting, _ = waiting_bodies()
        db.session.rollback()
    return waiting


def test_killed_with_sigkill_while_applying_nothing_is_lost_and_nothing_counts_twice(app, database_url):
    campaign, messages = a_campaign_under_way(450)
    campaign_id = campaign.id
    bodies = [
        a_body(*(a_step(message, status) for message in messages[place : place + 3]))
        for status in ("delivered", "read")
        for place in range(0, 450, 3)
    ]
    bodies += [
        a_body(*(a_step(message, "sent") for message in messages[place : place + 2]))
        for place in range(0, 450, 2)
    ]
    store_all(db.session.connection().connection.driver_connection, [Arrival(raw, NOON) for raw in bodies])
    db.session.commit()
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "-m", "flask", "apply-webhooks"]
    environ |= {**DEFAULTS, "DATABASE_URL": database_url}
    db.session.remove()

    left = len(bodies)
    for _ in range(2):
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_until(
                lambda child=child, left=left: waiting_now() < left or child.poll() is not None,
                60,
                every=0.005,
            )
        finally:
            if child.poll() is None:
                time.sleep(0.02)  # into the next batch
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        left = waiting_now()
    finished = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)

    assert finished.returncode == 0
    assert waiting_now() == 0
    assert {state for state, _ in states()} == {"applied"}
    found = db.session.get(Campaign, campaign_id, populate_existing=True)
    assert (found.messages_sent, found.messages_delivered, found.messages_read) == (450, 450, 450)
    assert mismatches() == []
