"""Statuses come as Meta's webhooks: signed, in its envelope, as late, doubled, disordered, lost as asked."""

import hashlib
import hmac
import time

from tests.simulator.sending import a_message, send

NUMBERS = [f"+9198123{ending:05d}" for ending in range(30)]


def send_to_all(simulator, numbers=NUMBERS):
    for number in numbers:
        send(simulator, a_message(number))


def by_message(statuses):
    """The names of the statuses of each message, in the order of arrival."""
    names = {}
    for status in statuses:
        names.setdefault(status["id"], []).append(status["status"])
    return list(names.values())


def test_a_message_is_sent_delivered_and_read_in_metas_envelope(simulator, sink):
    wamid = send(simulator, a_message(biz_opaque_callback_data="attempt-1")).json()["messages"][0]["id"]
    simulator.wait_until_told()

    assert [status["status"] for status in sink.statuses] == ["sent", "delivered", "read"]
    for received in sink.received:
        assert set(received.payload) == {"object", "entry"}
        assert received.payload["object"] == "whatsapp_business_account"
        entry = received.payload["entry"][0]
        assert set(entry) == {"id", "changes"} and entry["id"] == simulator.business_account_id
        assert entry["changes"][0]["field"] == "messages"
        value = entry["changes"][0]["value"]
        assert value["messaging_product"] == "whatsapp"
        assert value["metadata"] == {
            "display_phone_number": "919876500000",
            "phone_number_id": simulator.phone_number_id,
        }
        status = value["statuses"][0]
        assert status["id"] == wamid and status["recipient_id"] == "919812340000"
        assert status["biz_opaque_callback_data"] == "attempt-1"
        assert isinstance(status["timestamp"], str) and abs(int(status["timestamp"]) - received.at) < 5


def test_the_price_is_on_sent_and_on_one_of_delivered_and_read(simulator, sink):
    send(simulator, a_message())
    send(simulator, a_message("+919812349640"))  # read without delivered
    simulator.wait_until_told()

    priced = [status["status"] for status in sink.statuses if "pricing" in status]
    assert sorted(priced) == ["delivered", "read", "sent", "sent"]
    assert sink.statuses[0]["pricing"] == {
        "billable": True,
        "pricing_model": "PMP",
        "category": "marketing",
        "type": "regular",
    }


def test_contacts_come_with_the_reached_and_not_with_the_failed(simulator, sink):
    send(simulator, a_message())
    send(simulator, a_message("+919812349000"))
    simulator.wait_until_told()

    for received in sink.received:
        value, status = received.change["value"], received.statuses[0]
        if status["status"] == "failed":
            assert "contacts" not in value and "recipient_user_id" not in status
        else:
            assert value["contacts"][0]["wa_id"] == status["recipient_id"]
            assert value["contacts"][0]["user_id"] == status["recipient_user_id"]


def test_older_webhooks_without_contacts_can_be_asked_for(simulator, sink):
    simulator.settings(status_contacts=False)
    send(simulator, a_message())
    simulator.wait_until_told()

    assert all("contacts" not in received.change["value"] for received in sink.received)
    assert all("recipient_user_id" not in status for status in sink.statuses)


def test_the_signature_is_over_the_raw_bytes_which_escape_as_meta_does(simulator, sink):
    send(simulator, a_message(biz_opaque_callback_data="é/🎉"))
    simulator.wait_until_told()

    for received in sink.received:
        digest = hmac.new(simulator.app_secret.encode(), received.raw, hashlib.sha256).hexdigest()
        assert received.headers["X-Hub-Signature-256"] == f"sha256={digest}"
        assert received.raw.isascii() and rb"\u00e9\/" in received.raw
        assert b": " not in received.raw
        assert received.statuses[0]["biz_opaque_callback_data"] == "é/🎉"


def test_a_new_app_secret_signs_from_then_on(simulator, sink):
    simulator.settings(app_secret="another")
    send(simulator, a_message())
    simulator.wait_until_told()

    digest = hmac.new(b"another", sink.received[0].raw, hashlib.sha256).hexdigest()
    assert sink.received[0].headers["X-Hub-Signature-256"] == f"sha256={digest}"


def test_without_callback_data_none_is_echoed(simulator, sink):
    send(simulator, a_message())
    simulator.wait_until_told()

    assert all("biz_opaque_callback_data" not in status for status in sink.statuses)


def test_the_same_seed_and_numbers_end_the_same_way(simulator, sink):
    simulator.settings(read_delay="0-0.1", delivered_delay="0-0.1", read_rate=0.5, delivered_rate=0.8)

    def ending():
        send_to_all(simulator)
        simulator.wait_until_told()
        ends = {status["recipient_id"]: status["status"] for status in sink.statuses}
        sink.clear()
        return ends

    first, second = ending(), ending()
    simulator.settings(seed=2)
    third = ending()

    assert first == second != third
    assert set(first.values()) == {"sent", "delivered", "read"}


def test_duplicates_are_the_same_status_again(simulator, sink):
    simulator.settings(duplicate_rate=1.0)
    send(simulator, a_message())
    simulator.wait_until_told()

    assert sorted(status["status"] for status in sink.statuses) == sorted(["sent", "delivered", "read"] * 2)
    assert len({(status["status"], status["timestamp"]) for status in sink.statuses}) == 3


def test_disorder_changes_the_order_and_keeps_the_timestamps(simulator, sink):
    simulator.settings(disorder_rate=1.0, read_rate=1.0, delivered_rate=1.0, read_delay="1.1")
    send_to_all(simulator, NUMBERS[:10])
    simulator.wait_until_told()

    right = ["sent", "delivered", "read"]
    assert all(sorted(names) == sorted(right) and names != right for names in by_message(sink.statuses))
    first_read = next(status for status in sink.statuses if status["status"] == "read")
    sent = next(
        status for status in sink.statuses if (status["id"], status["status"]) == (first_read["id"], "sent")
    )
    assert int(sent["timestamp"]) < int(first_read["timestamp"])


def test_lost_statuses_never_come_and_are_counted(simulator, sink):
    simulator.settings(loss_rate=0.5)
    send_to_all(simulator)
    counts = simulator.wait_until_told()

    lost = counts["webhooks"]["statuses_lost_on_purpose"]
    assert 0 < lost < 90
    assert len(sink.statuses) == counts["webhooks"]["statuses_acknowledged"]
    simulator.settings(loss_rate=0.0)
    sink.clear()
    send_to_all(simulator)
    simulator.wait_until_told()
    assert len(sink.statuses) == lost + counts["webhooks"]["statuses_acknowledged"]


def test_delays_are_kept(simulator, sink):
    simulator.settings(sent_delay="0.3", delivered_delay="0.4", read_delay="0.2", read_rate=1.0)
    started = time.time()
    send(simulator, a_message())
    simulator.wait_until_told()

    after = [received.at - started for received in sink.received]
    assert after[0] >= 0.3 and after[1] >= 0.7 and after[2] >= 0.9
    assert after[2] < 3


def test_what_is_not_answered_with_200_comes_again_unchanged_with_growing_waits(simulator, sink):
    simulator.settings(retry_first=0.1, read_rate=0.0, delivered_rate=0.0)
    sink.answers = [503, 201, 403]
    send(simulator, a_message())
    counts = simulator.wait_until_told()

    assert len(sink.received) == 4
    assert len({received.raw for received in sink.received}) == 1
    waits = [later.at - sooner.at for sooner, later in zip(sink.received, sink.received[1:], strict=False)]
    assert 0.1 <= waits[0] < waits[1] < waits[2]
    assert [status["status"] for status in simulator.statuses()] == ["sent"]
    assert counts["webhooks"]["posts"] == 4 and counts["webhooks"]["answered_503"] == 1


def test_a_webhook_is_given_up_after_its_time(simulator, sink):
    simulator.settings(retry_first=0.05, retry_for=0.2, read_rate=0.0, delivered_rate=0.0)
    sink.answers = [500] * 50
    send(simulator, a_message())
    counts = simulator.wait_until_told()

    assert counts["webhooks"]["statuses_given_up"] == 1
    assert simulator.statuses() == []


def test_a_receiver_that_is_down_gets_its_statuses_when_it_is_back(simulator, sink):
    simulator.settings(webhook_url="http://127.0.0.1:9/nobody", retry_first=0.1)
    send(simulator, a_message())
    simulator.wait_for(lambda counts: counts["webhooks"].get("not_answered", 0) >= 2)
    simulator.settings(webhook_url=sink.url)
    simulator.wait_until_told()

    assert {status["status"] for status in sink.statuses} == {"sent", "delivered", "read"}


def test_one_post_carries_one_status_unless_asked_otherwise(simulator, sink):
    simulator.settings(sent_delay="0.5", delivered_rate=0.0)
    send_to_all(simulator, NUMBERS[:8])
    simulator.wait_until_told()
    assert {len(received.statuses) for received in sink.received} == {1}

    sink.clear()
    simulator.settings(statuses_per_webhook=4, webhook_concurrency=1)
    sink.seconds = 0.05
    send_to_all(simulator, NUMBERS[:8])
    simulator.wait_until_told()
    assert max(len(received.statuses) for received in sink.received) >= 4
    assert sum(len(received.statuses) for received in sink.received) == 8


def test_a_slow_receiver_gets_few_posts_at_once_and_many_statuses_in_one(simulator, sink):
    simulator.settings(webhook_concurrency=2, sent_delay="0", delivered_delay="0", read_delay="0")
    sink.seconds = 0.3
    started = time.monotonic()
    send_to_all(simulator)
    sending_took = time.monotonic() - started
    simulator.wait_until_told()

    assert sink.most_at_once <= 2
    assert max(len(received.statuses) for received in sink.received) > 1
    assert sending_took < 4, "the message path waits for the webhooks"


def test_without_an_address_statuses_are_dropped_and_counted(simulator, sink):
    simulator.settings(webhook_url="")
    send(simulator, a_message())
    counts = simulator.wait_until_told()

    assert counts["webhooks"]["dropped_without_url"] == 3
    assert sink.received == []
