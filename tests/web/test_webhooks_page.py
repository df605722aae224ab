"""The webhooks that came: listed by state, page by page, shown in parts and raw, applied again without counting twice."""

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.page_checks import a_client
from tests.pages_made import words
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook, statuses

NUMBER = "919800000001"


def received(*bodies: bytes, applied: bool = True) -> list[WebhookEvent]:
    """These bodies in the inbox, each a minute after the one before."""
    for place, body in enumerate(bodies):
        store(body, NOON + minutes(place))
    db.session.commit()
    while applied and apply_waiting():
        pass
    return list(db.session.scalars(select(WebhookEvent).order_by(WebhookEvent.received_at)))


def a_report(message: dict, status: str = "delivered") -> bytes:
    return statuses(
        a_status(
            id="wamid.7", status=status, biz_opaque_callback_data=str(message["id"]), recipient_id=NUMBER
        )
    )


def test_bodies_are_listed_with_what_they_hold_the_newest_first(app):
    received(
        statuses(a_status(status="sent"), a_status(status="read"), a_status(status="read")),
        statuses(a_status(), {"status": "sent"}),
        b"<html>",
        a_webhook({"field": "account_alerts", "value": {}}),
    )
    page = words(a_client(app).get("/webhooks").text)
    rows = [
        "account alerts Applied", "Not a webhook of WhatsApp The text is not JSON at position 0. Unreadable",
        "1 delivered, 1 bad part entry[0].changes[0].value.statuses[1]: The message id is missing. Partly set aside",
        "1 sent, 2 read Applied",
    ]  # fmt: skip
    places = [page.index(row) for row in rows]
    assert places == sorted(places)


@pytest.mark.parametrize("state", ["waiting", "applied", "quarantined", "unreadable"])
def test_each_state_lists_its_own(app, state):
    received(statuses(a_status()), statuses({}), b"x")
    received(statuses(a_status(id="wamid.2")), applied=False)
    page = a_client(app).get(f"/webhooks?state={state}").text
    assert page.count('<th scope="row"') == 1


def test_pages_follow_each_other_without_gap_or_repetition(app):
    bodies = [statuses(a_status(id=f"wamid.{place}")) for place in range(115)]
    for body in bodies:  # many of one moment
        store(body, NOON)
    db.session.commit()
    client, seen, address = a_client(app), [], "/webhooks"
    for expected in (50, 50, 15):
        page = client.get(address).text
        ids = [part.split('"')[0] for part in page.split('href="/webhooks/')[1:]]
        assert len(ids) == expected
        seen += ids
        following = page.split('rel="next" href="')
        address = following[1].split('"')[0].replace("&amp;", "&") if len(following) > 1 else None
    assert address is None and len(set(seen)) == 115


def test_the_inbox_says_what_waits_and_since_when(app):
    store(statuses(a_status()), utc_now() - minutes(12))
    db.session.commit()
    assert "Waiting 1 the oldest came 12 minutes ago" in words(a_client(app).get("/webhooks").text)
    assert apply_waiting() == 1
    page = words(a_client(app).get("/webhooks").text)
    assert "Waiting 0 everything is applied" in page and "Statuses of unknown messages 1" in page


def test_a_body_is_shown_in_parts_and_as_it_came_without_full_numbers(app):
    (message,) = sent_out(a_campaign(), 1)
    answer = a_message(**{"from": NUMBER, "text": {"body": "How much?"}, "context": {"id": "wamid.7"}})
    report, reply = received(
        a_report(message), a_webhook(a_change(messages=[answer], contacts=[{"wa_id": NUMBER}]))
    )
    client = a_client(app)
    first, second = client.get(f"/webhooks/{report.id}").text, client.get(f"/webhooks/{reply.id}").text
    address = f'href="/campaigns/{message["campaign_id"]}/recipients/{message["recipient_id"]}"'
    assert address in first and address in second and "Delivered" in words(first)
    assert "How much?" in words(second) and "+91•••••0001" in second
    assert NUMBER not in first + second and "wamid.7" in first


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00", b"call +919800000001 now", b"[" * 5000, b"\x01\x7f\xef\xbf\xbe", b"{}", b"null", b""],
)
def test_whatever_came_can_be_looked_at(app, body):
    (event,) = received(body)
    page = a_client(app).get(f"/webhooks/{event.id}").text
    assert NUMBER not in page


def test_signs_that_no_page_may_hold_are_shown_as_such(app):
    odd = "a\x01\x85\ufffe"
    body = a_webhook(
        a_change(messages=[a_message(text={"body": odd})], statuses=[a_status(status=odd)]),
        {"field": odd, "value": {odd: odd}},
    )
    (event,) = received(body)
    client = a_client(app)
    client.get("/webhooks")
    client.get(f"/webhooks/{event.id}")


def test_applying_again_counts_nothing_twice_and_is_recorded(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    reply = a_message(**{"from": NUMBER, "timestamp": str(int((NOON + minutes(5)).timestamp()))})
    events = received(a_report(message), a_report(message, "failed"), a_webhook(a_change(messages=[reply])))
    before = figures(campaign)
    client = a_client(app)
    for event in events:
        client.post(f"/webhooks/{event.id}/apply-again", status=303)
    assert {event.state for event in events} == {"waiting"}
    while apply_waiting():
        pass
    db.session.expire_all()
    assert {event.state for event in events} == {"applied"} and figures(campaign) == before
    assert counters_are_true()
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "webhook.applied_again")).all()
    assert [entry.actor for entry in told] == ["admin@example.com"] * 3


def figures(campaign: Campaign) -> tuple:
    db.session.expire_all()
    row = db.session.get(Campaign, campaign.id)
    events = db.session.scalars(select(MessageEvent.status)).all()
    return (
        row.messages_sent,
        row.messages_delivered,
        row.messages_failed,
        row.messages_replied,
        sorted(events),
    )


def test_one_that_waits_is_not_put_in_line_twice(app):
    (event,) = received(statuses(a_status()), applied=False)
    a_client(app).post(f"/webhooks/{event.id}/apply-again", status=303)
    assert db.session.scalars(select(AuditEntry.action)).all() == []


@pytest.mark.parametrize("role", ["staff", "viewer"])
def test_only_administrators_see_them(app, role):
    (event,) = received(statuses(a_status()))
    client = a_client(app, role)
    client.get("/webhooks", 403)
    client.get(f"/webhooks/{event.id}", 403)
    client.post(f"/webhooks/{event.id}/apply-again", status=403)


def test_one_that_is_gone_is_not_found(app):
    a_client(app).get(f"/webhooks/{new_id()}", 404)


@pytest.mark.parametrize(
    "query", ["state=x", "before=x", "before=2026-01-01", "before=2026-01-01T00:00:00+00:00_x"]
)
def test_odd_addresses_are_answered_with_the_newest(app, query):
    received(statuses(a_status()))
    assert a_client(app).get(f"/webhooks?{query}").text.count('<th scope="row"') == 1
