"""What customers say about our marketing: STOP and WhatsApp's own stop, at the time at which they said it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.opt_out import OptOut
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.consent_webhooks import apply_consent
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.services.send_outcomes import settle
from campaign_app.whatsapp.payloads import parse_webhook
from tests.makers import NOON, a_campaign, minutes, sent_out, waiting
from tests.services.test_status_updates import accepted
from tests.whatsapp.webhooks import a_change, a_message, a_webhook

ANA = "+919800000001"


def seconds(at) -> str:
    return str(int(at.timestamp()))


def apply(*changes: dict, now=NOON) -> None:
    apply_consent([parse_webhook(a_webhook(*changes))], now)
    db.session.commit()


def said(text: str | None = None, at=NOON, **more) -> dict:
    message = a_message(**{"from": ANA[1:], "timestamp": seconds(at), "text": {"body": text}, **more})
    return a_change(messages=[message])


def preference(value: str, at=NOON, **more) -> dict:
    element = {
        "wa_id": ANA[1:],
        "category": "marketing_messages",
        "value": value,
        "timestamp": seconds(at),
        **more,
    }
    return a_change("user_preferences", user_preferences=[element])


def held() -> set[tuple[str, str]]:
    return {
        tuple(row)
        for row in db.session.execute(
            select(OptOut.phone_number, OptOut.kind).where(OptOut.lifted_at.is_(None))
        )
    }


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Unsubscribe", "बंद करो", "Baja"])
def test_who_writes_stop_is_not_written_to_any_more(app, text):
    apply(said(text))
    (opt_out,) = db.session.scalars(select(OptOut))
    assert (opt_out.phone_number, opt_out.kind, opt_out.opted_out_at) == (ANA, "word", NOON)
    assert text.strip() in opt_out.reason


def test_it_counts_from_when_it_was_said_not_from_when_it_arrived(app):
    said_at = NOON - timedelta(hours=30)
    apply(said("STOP", said_at), preference("stop", said_at))
    assert db.session.scalars(select(OptOut.opted_out_at)).all() == [said_at, said_at]


@pytest.mark.parametrize("text", ["Please don't stop!", "Thank you", "Where is the bus stop?", "", None])
def test_other_words_change_nothing(app, text):
    apply(said(text))
    assert held() == set()


def test_a_button_says_stop_by_its_payload_or_its_text(app):
    apply(said(type="button", button={"payload": "x", "text": "Stop promotions"}))
    apply(said(type="button", button={"payload": "STOP", "text": "…"}, **{"from": "919800000002"}))
    assert held() == {(ANA, "word"), ("+919800000002", "word")}


def test_a_stop_in_whatsapp_holds_until_it_is_resumed_there(app):
    apply(preference("stop", detail="Not interested"))
    assert held() == {(ANA, "meta")}
    apply(preference("resume", NOON + minutes(5)), now=NOON + minutes(5))
    assert held() == set()


@pytest.mark.parametrize("kind", ["word", "ours"])
def test_resuming_in_whatsapp_never_lifts_what_was_said_to_us(app, kind):
    record_opt_out(ANA, kind, None, "test", NOON)
    apply(preference("resume", NOON + minutes(5)), now=NOON + minutes(5))
    assert held() == {(ANA, kind)}


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_the_last_word_counts_in_whatever_order_words_arrive(app, order):
    words = [
        preference("stop", NOON),
        preference("resume", NOON + minutes(1)),
        preference("stop", NOON + minutes(2)),
    ]
    for place in order:
        apply(words[place], now=NOON + minutes(10))
        apply(words[place], now=NOON + minutes(10))  # and twice
    assert held() == {(ANA, "meta")}


def test_other_categories_than_marketing_change_nothing(app):
    apply(preference("stop", category="utility_messages"))
    assert held() == set()


def test_a_time_in_the_future_counts_as_now(app):
    apply(preference("stop", NOON + timedelta(days=900)))
    assert db.session.scalar(select(OptOut.opted_out_at)) == NOON


@pytest.mark.parametrize("number", ["5215512345678", "+919800000001", "999123456789012"])
def test_a_number_that_whatsapp_knows_counts_even_if_no_plan_has_it(app, number):
    apply(said("STOP", **{"from": number}))
    assert held() == {("+" + number.lstrip("+"), "word")}


@pytest.mark.parametrize("number", ["", "abc", "1", "9" * 40, None])
def test_what_is_no_number_is_passed_over(app, number):
    apply(said("STOP", **{"from": number, "from_user_id": "IN.123"}))
    assert held() == set()


def test_an_answer_to_our_message_stops_the_number_that_we_wrote_to(app):
    """WhatsApp writes some numbers in another way than we do: then the message that was answered tells whom we mean."""
    (message,) = sent_out(a_campaign(), 1)
    settle([accepted(message)], NOON)
    db.session.commit()
    context = {"id": f"wamid.{message['id']}", "from": "15550783881"}
    apply(said(type="button", button={"payload": "STOP"}, context=context, **{"from": "5215512345678"}))
    assert held() == {("+5215512345678", "word"), (message["phone_number"], "word")}


def test_nobody_who_stopped_is_claimed_afterwards(app):
    campaign = a_campaign()
    rows = waiting(campaign, 3)
    apply(said("STOP", **{"from": rows[1]["phone_number"][1:]}))
    claimed = {intent.payload["to"] for intent in claim(10, 1, AccountLimit(), NOON)}
    assert claimed == {rows[0]["phone_number"], rows[2]["phone_number"]}


def test_many_words_in_one_webhook_are_all_heard(app):
    elements = [
        a_message(**{"from": f"9198000{place:05d}", "timestamp": seconds(NOON), "text": {"body": "stop"}})
        for place in range(50)
    ]
    raw = json.dumps(
        {"entry": [{"changes": [a_change(messages=[element])]} for element in elements]}
    ).encode()
    apply_consent([parse_webhook(raw)], NOON)
    assert len(held()) == 50
