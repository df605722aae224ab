"""The inbox: every body once in effect, whatever is in it."""

import pytest

from campaign_app.extensions import db
from campaign_app.services.recount import mismatches
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import Arrival, store, store_all, waiting_bodies
from tests.makers import NOON
from tests.statuses_made import a_body, a_campaign_under_way, a_step, states, statuses_of, taken_in
from tests.whatsapp.webhooks import a_change, a_message, a_webhook


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


def test_in_small_bites_the_end_is_the_same(app):
    campaign, messages = a_campaign_under_way(12)
    for message in messages:
        store(a_body(a_step(message, "read")), NOON)
    db.session.commit()
    assert [apply_waiting(5) for _ in range(4)] == [5, 5, 2, 0]
    db.session.expire_all()
    assert campaign.messages_read == 12
