"""What a webhook holds is read whole, whatever stands beside it."""

import json
from datetime import UTC, datetime

import pytest

from campaign_app.domain.message_status import MessageStatus
from campaign_app.whatsapp.payloads import parse_webhook
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook, statuses

AT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def test_a_status_is_read_with_everything_in_it():
    [status] = parse_webhook(statuses(a_status())).statuses
    assert (status.wamid, status.status, status.at) == ("wamid.1", MessageStatus.DELIVERED, AT)
    assert (status.callback_id, status.recipient_id, status.phone_number_id) == (
        "our-id",
        "14155550123",
        "1065403",
    )
    assert (status.pricing_category, status.pricing_type, status.error) == ("marketing_lite", "regular", None)


@pytest.mark.parametrize(
    "timestamp", ["1790000000", 1790000000, "1790000000000", 1790000000000, 1790000000.0]
)
def test_a_timestamp_is_read_in_every_way_in_which_it_was_seen(timestamp):
    assert parse_webhook(statuses(a_status(timestamp=timestamp))).statuses[0].at == AT


@pytest.mark.parametrize(
    "timestamp",
    [
        10**18,
        str(10**18),
        10**400,
        0,
        -1,
        "",
        "soon",
        "17e8",
        1.5,
        None,
        True,
        [],
        {},
        "absent",
        "१७९००००००००",
    ],
)
def test_a_timestamp_that_cannot_be_real_rejects_only_its_own_element(timestamp):
    parsed = parse_webhook(
        statuses(a_status(id="a"), a_status(id="b", timestamp=timestamp), a_status(id="c"))
    )
    assert [status.wamid for status in parsed.statuses] == ["a", "c"]
    [rejected] = parsed.rejected
    assert rejected.path == "entry[0].changes[0].value.statuses[1]"
    assert "timestamp" in rejected.reason
    assert rejected.element["id"] == "b"


def test_a_bare_status_without_recipient_contacts_pricing_and_conversation_is_enough():
    bare = {"id": "wamid.1", "status": "read", "timestamp": "1790000000"}
    [status] = parse_webhook(statuses(bare)).statuses
    assert status.status is MessageStatus.READ
    assert (status.recipient_id, status.callback_id, status.pricing_type, status.error) == (None,) * 4


def test_a_thousand_statuses_with_one_bad_are_nine_hundred_and_ninety_nine():
    elements = [a_status(id=f"wamid.{number}") for number in range(1000)]
    elements[500] = "not an object"
    parsed = parse_webhook(statuses(*elements))
    assert len(parsed.statuses) == 999
    assert [rejected.path for rejected in parsed.rejected] == ["entry[0].changes[0].value.statuses[500]"]


def test_several_entries_changes_and_kinds_are_all_read():
    entry = {"id": "1", "changes": [a_change(statuses=[a_status(id="a")]), a_change(messages=[a_message()])]}
    other = {
        "id": "2",
        "changes": [a_change(statuses=[a_status(id="b"), a_status(id="c")], messages=[a_message()])],
    }
    parsed = parse_webhook(json.dumps({"entry": [entry, other]}).encode())
    assert [status.wamid for status in parsed.statuses] == ["a", "b", "c"]
    assert len(parsed.messages) == 2
    assert not parsed.rejected


@pytest.mark.parametrize("word", ["deleted", "warning", "pending", "SOMETHING NEW"])
def test_a_status_unknown_to_us_is_kept_apart_and_changes_nothing(word):
    parsed = parse_webhook(statuses(a_status(status=word), a_status()))
    assert len(parsed.statuses) == 1
    [ignored] = parsed.ignored
    assert word in ignored.reason and ignored.element["status"] == word
    assert not parsed.rejected


def test_a_played_voice_message_was_read():
    assert parse_webhook(statuses(a_status(status="played"))).statuses[0].status is MessageStatus.READ


@pytest.mark.parametrize(
    "broken", [{"id": "absent"}, {"id": ""}, {"id": {}}, {"status": "absent"}, {"status": 1.5}]
)
def test_a_status_without_id_or_word_is_rejected(broken):
    parsed = parse_webhook(statuses(a_status(**broken)))
    assert not parsed.statuses and len(parsed.rejected) == 1


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            [
                {
                    "code": 131026,
                    "title": "Message undeliverable",
                    "message": "M",
                    "error_data": {"details": "D"},
                }
            ],
            "Error 131026: Message undeliverable - M (D)",
        ),
        ([{"code": 131026, "title": "Message undeliverable"}], "Error 131026: Message undeliverable"),
        ([{"code": "131026", "title": "T", "details": "at the top"}], "Error 131026: T (at the top)"),
        ([{"code": 131026, "error_data": "as text"}], "Error 131026 (as text)"),
        ({"code": 131026, "title": "T"}, "Error 131026: T"),
        (["junk", {"code": 5, "title": ["x"], "message": None}], "Error 5"),
    ],
)
def test_the_error_of_a_failed_status_is_read_in_every_shape_seen(errors, reason):
    [status] = parse_webhook(statuses(a_status(status="failed", errors=errors))).statuses
    assert status.error.reason == reason


@pytest.mark.parametrize("errors", ["absent", None, [], "x", [1, None]])
def test_a_failed_status_without_an_error_is_still_failed(errors):
    [status] = parse_webhook(statuses(a_status(status="failed", errors=errors))).statuses
    assert status.status is MessageStatus.FAILED and status.error is None


@pytest.mark.parametrize(
    ("message", "kind", "text", "payload"),
    [
        (a_message(text={"body": "STOP"}), "text", "STOP", None),
        (a_message(type="button", button={"payload": "OPTOUT", "text": "Stop"}), "button", "Stop", "OPTOUT"),
        (
            a_message(type="interactive", interactive={"button_reply": {"id": "x", "title": "X"}}),
            "interactive",
            "X",
            "x",
        ),
        (
            a_message(type="interactive", interactive={"list_reply": {"id": "y", "title": "Y"}}),
            "interactive",
            "Y",
            "y",
        ),
        (a_message(type="image", image={"id": "1"}), "image", None, None),
        (a_message(type="unsupported", errors=[{"code": 131051}]), "unsupported", None, None),
        (a_message(type="absent"), "unknown", None, None),
        (a_message(type="button", button="junk"), "button", None, None),
    ],
)
def test_what_a_customer_wrote_or_pressed_is_read(message, kind, text, payload):
    [read] = parse_webhook(a_webhook(a_change(messages=[message]))).messages
    assert (read.kind, read.text, read.button_payload) == (kind, text, payload)
    assert (read.from_number, read.wamid, read.at) == ("14155550123", "wamid.in", AT)


def test_a_reply_names_the_message_that_it_answers():
    message = a_message(
        type="button", button={"payload": "OPTOUT"}, context={"from": "1", "id": "wamid.campaign"}
    )
    assert (
        parse_webhook(a_webhook(a_change(messages=[message]))).messages[0].context_wamid == "wamid.campaign"
    )


def test_a_sender_known_only_by_user_id_is_a_sender_and_none_at_all_is_rejected():
    by_id, by_none = a_message(**{"from": "absent", "from_user_id": "US.1"}), a_message(**{"from": "absent"})
    parsed = parse_webhook(a_webhook(a_change(messages=[by_id, by_none])))
    assert [(message.from_number, message.from_user_id) for message in parsed.messages] == [(None, "US.1")]
    assert len(parsed.rejected) == 1


def test_a_choice_about_marketing_is_read():
    choice = {
        "wa_id": "14155550123",
        "user_id": "US.1",
        "detail": "User requested to stop",
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": 1790000000,
    }
    change = a_change(
        "user_preferences", user_preferences=[choice, choice | {"value": "perhaps"}, {"value": "stop"}]
    )
    parsed = parse_webhook(a_webhook(change))
    [read] = parsed.preferences
    assert (read.number, read.user_id, read.at) == ("14155550123", "US.1", AT)
    assert (read.value, read.category) == ("stop", "marketing_messages")
    assert len(parsed.ignored) == 1 and len(parsed.rejected) == 1


def test_other_fields_are_kept_as_they_came():
    value = {"event": "PAUSED", "message_template_id": 12, "reason": None}
    change = {"field": "message_template_status_update", "value": value}
    [other] = parse_webhook(a_webhook(change, time=1790000000)).others
    assert (other.field, other.value) == ("message_template_status_update", value)
    assert (other.business_account_id, other.at) == ("2200110", AT)


def test_errors_of_the_account_beside_the_statuses_are_kept():
    errors = [{"code": 130429, "title": "Rate limit hit"}]
    parsed = parse_webhook(a_webhook(a_change(errors=errors, statuses=[a_status()])))
    assert len(parsed.statuses) == 1
    assert [(other.field, other.value) for other in parsed.others] == [("messages.errors", errors)]
