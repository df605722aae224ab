"""A webhook may hold anything: what is bad is set aside, with its place and a reason, and harms nothing."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_app.whatsapp.payloads import UnreadableWebhook, parse_webhook
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook, statuses


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b'{"entry": [', "not JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b'{"a": "\xc3"}', "UTF-8"),
        (b"[" * 10_000 + b"]" * 10_000, "nested"),
        (b'{"entry":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"17", "not an object"),
    ],
)
def test_a_body_that_is_no_json_object_is_unreadable_and_says_why(raw, reason):
    with pytest.raises(UnreadableWebhook) as refusal:
        parse_webhook(raw)
    assert reason in refusal.value.reason


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "entry"),
        ({"entry": {}}, "entry"),
        ({"entry": ["x"]}, "entry[0]"),
        ({"entry": [{}]}, "entry[0].changes"),
        ({"entry": [{"changes": [7]}]}, "entry[0].changes[0]"),
        ({"entry": [{"changes": [{"value": {}}]}]}, "entry[0].changes[0]"),
        ({"entry": [{"changes": [{"field": "messages", "value": "x"}]}]}, "entry[0].changes[0].value"),
        ({"entry": [{"changes": [a_change(statuses={"id": 1})]}]}, "entry[0].changes[0].value.statuses"),
    ],
)
def test_what_is_not_where_it_belongs_is_rejected_with_its_place(document, path):
    parsed = parse_webhook(json.dumps(document).encode())
    assert [rejected.path for rejected in parsed.rejected] == [path]


def test_a_bad_entry_leaves_its_neighbours_alone():
    good = {"id": "1", "changes": [a_change(statuses=[a_status()])]}
    bad = {
        "id": "1",
        "changes": [None, {"field": 7}, a_change(statuses="x", messages=[a_message()]), a_change()],
    }
    parsed = parse_webhook(json.dumps({"entry": [good, None, bad, good]}).encode())
    assert len(parsed.statuses) == 2 and len(parsed.messages) == 1 and len(parsed.rejected) == 3


def test_of_duplicate_keys_the_last_counts():
    raw = statuses(a_status()).replace(b'"id": "wamid.1"', b'"id": "wamid.0", "id": "wamid.1"')
    assert parse_webhook(raw).statuses[0].wamid == "wamid.1"


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999", b"9" * 5000])
def test_a_number_that_is_none_spoils_only_its_own_element(number):
    raw = statuses(a_status(id="a", timestamp=77), a_status(id="b"))
    parsed = parse_webhook(raw.replace(b'"timestamp": 77', b'"timestamp": ' + number))
    assert [status.wamid for status in parsed.statuses] == ["b"]
    json.dumps(parsed.rejected[0].element, allow_nan=False)


@pytest.mark.parametrize("dirt", ["\\u0000", "\x00", "\\ud83d", "\\udc00\\ud800"])
def test_text_that_no_database_takes_is_cleaned_wherever_it_stands(dirt):
    message = a_message(text={"body": "ADIRTB"}, **{"keyDIRT": ["DIRT"]})
    other = {"field": "account_update", "value": {"keyDIRT": {"list": ["ADIRT"]}}}
    rejected = {"field": "messages", "value": {"statuses": [{"id": "DIRT"}, {"status": "DIRT"}]}}
    raw = a_webhook(a_change(messages=[message]), other, rejected).decode().replace("DIRT", dirt).encode()
    parsed = parse_webhook(raw)
    kept = [parsed.messages[0].text, parsed.others[0].value, [item.element for item in parsed.rejected]]
    written = json.dumps(kept, ensure_ascii=False)
    assert "\x00" not in written and "\\u0000" not in written
    assert written.encode("utf-8")
    assert parsed.messages[0].text.startswith("A") and parsed.messages[0].text.endswith("B")


def test_a_rejected_element_nested_deeply_is_kept_only_as_deep_as_it_can_be_stored():
    deep = b'{"field":"x","value":' + b'{"a":' * 500 + b"1" + b"}" * 501
    [other] = parse_webhook(b'{"entry":[{"changes":[' + deep + b"]}]}").others
    assert len(json.dumps(other.value)) < 500


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("1790000000")
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["id", "status", "timestamp", "errors", "code", "from", "type", "text", "wa_id", "value"]
            )
            | st.text(max_size=4),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(
    st.lists(anything, max_size=6), st.sampled_from(["statuses", "messages", "user_preferences"]), st.data()
)
def test_no_element_however_odd_harms_the_good_ones_beside_it(oddities, key, data):
    good = {
        "statuses": a_status(),
        "messages": a_message(),
        "user_preferences": a_message(wa_id="1", value="stop"),
    }[key]
    elements = list(oddities)
    for _ in range(3):
        elements.insert(data.draw(st.integers(0, len(elements))), good)
    field = "user_preferences" if key == "user_preferences" else "messages"
    parsed = parse_webhook(a_webhook(a_change(field, **{key: elements})))
    found = {
        "statuses": parsed.statuses,
        "messages": parsed.messages,
        "user_preferences": parsed.preferences,
    }[key]
    assert len(found) >= 3
    assert len(found) + len(parsed.ignored) + len(parsed.rejected) == len(elements)
    json.dumps([item.element for item in (*parsed.ignored, *parsed.rejected)], allow_nan=False).encode()


@settings(max_examples=200)
@given(st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_called_unreadable(raw):
    try:
        parse_webhook(raw)
    except UnreadableWebhook as refusal:
        assert refusal.reason.endswith(".")
