"""Data protection: what is kept, all about one person as a file, and erasing by number."""

import json

from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.consent_event import ConsentEvent
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.recipient import Recipient
from campaign_app.services.customers import save_customer
from campaign_app.services.opt_outs import holding_opt_outs, record_opt_out
from campaign_app.services.webhook_inbox import store
from tests.makers import NOON, a_campaign, sent_out
from tests.page_checks import a_client
from tests.pages_made import words

NUMBER, OTHER = "+919800000001", "+919800000002"
PAGE = "/settings/data-protection"


def planted() -> None:
    """Facts about NUMBER in every table that knows people, and as many about OTHER."""
    save_customer(
        NUMBER,
        {"name": "Ana Fact", "location": "Fact Town", "attributes": {"shoe": "fact 44"}},
        None,
        "the tests",
        utc_now(),
    )
    save_customer(OTHER, {"name": "Bob Other"}, None, "the tests", utc_now())
    messages = sent_out(a_campaign(name="Fact Sale"), 2)
    db.session.add(
        MessageEvent(
            message_id=messages[0]["id"],
            status="read",
            happened_at=NOON,
            received_at=NOON,
            error_details="fact seen",
        )
    )
    db.session.add(ConsentEvent(phone_number=NUMBER, opted_in=True, source="fact form", at=NOON))
    record_opt_out(NUMBER, "ours", "fact reason", "ana", NOON)
    record_opt_out(OTHER, "ours", "other reason", "ana", NOON)
    store(b'{"to": "919800000001", "and": "919800000002"}', utc_now())
    db.session.commit()


def test_the_file_holds_every_planted_fact_and_nothing_of_others(app):
    planted()
    client = a_client(app, "admin")
    answer = client.post(f"{PAGE}/export", {"phone_number": "98000 00001"}, 200)
    assert (
        answer.headers["Content-Disposition"].startswith("attachment")
        and NUMBER not in answer.headers["Content-Disposition"]
    )
    for fact in (
        "Ana Fact",
        "Fact Town",
        "fact 44",
        "Fact Sale",
        "fact seen",
        "fact form",
        "fact reason",
        NUMBER,
    ):
        assert fact in answer.text, fact
    for other in ("Bob Other", "other reason", OTHER, "919800000002"):
        assert other not in answer.text, other
    found = json.loads(answer.text)
    assert [
        len(found[name])
        for name in ("customer", "consent", "opt_outs", "campaigns", "messages", "raw_webhooks")
    ] == [1, 1, 1, 1, 1, 1]
    assert found["messages"][0]["reported"][0]["status"] == "read"
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "person.exported"))
    assert NUMBER not in repr(vars(entry))


def test_somebody_who_is_unknown_gets_an_empty_file(app):
    answer = a_client(app, "admin").post(f"{PAGE}/export", {"phone_number": "+447400123456"}, 200)
    assert json.loads(answer.text)["customer"] == []


def test_people_who_are_no_customers_are_erased_by_number(app):
    campaign = a_campaign()
    sent_out(campaign, 2)
    client = a_client(app, "admin")
    client.post(f"{PAGE}/erase", {"phone_number": NUMBER}, 422)  # the box is not ticked
    assert NUMBER in db.session.scalars(select(Recipient.phone_number)).all()
    client.post(f"{PAGE}/erase", {"phone_number": NUMBER, "sure": "1"}, 303)
    numbers = db.session.scalars(select(Recipient.phone_number)).all()
    assert NUMBER not in numbers and OTHER in numbers
    save_customer(NUMBER, {"name": "Came back"}, None, "the tests", utc_now())
    db.session.commit()
    assert [one.kind for one in holding_opt_outs(NUMBER)] == ["ours"]


def test_what_is_no_number_is_said_beside_the_field(app):
    client = a_client(app, "admin")
    for verb in ("export", "erase"):
        page = client.post(f"{PAGE}/{verb}", {"phone_number": "12", "sure": "1"}, 422).text
        assert 'aria-invalid="true"' in page


def test_the_page_names_what_is_kept_and_for_how_long(app):
    page = words(a_client(app, "admin").get(PAGE).text)
    assert "396 days after its end" in page and "MESSAGE_RETENTION_DAYS" in page and "30 days" in page
    a_client(app, "staff").get(PAGE, 403)
