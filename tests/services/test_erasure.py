"""An erased person is gone everywhere but from the figures, and is never written to again."""

import io

import pytest
from sqlalchemy import text

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_layout import uses_from_json
from campaign_app.domain.errors import NotFound
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.claims import claim
from campaign_app.services.customer_imports import choose_columns, folder, start_import, take_file
from campaign_app.services.customers import save_customer
from campaign_app.services.erasure import erase_customer
from campaign_app.services.import_runs import run_imports
from campaign_app.services.launch import launch
from campaign_app.services.opt_outs import holding_opt_outs, record_opt_out
from campaign_app.services.recipients import add_recipients
from campaign_app.services.recount import mismatches
from campaign_app.services.retries import retry_failed
from campaign_app.services.webhook_inbox import store
from tests.customers_made import NOW
from tests.page_checks import a_client
from tests.pages_made import a_draft, a_launched_campaign, set_standing

WHO = "x@example.com"


@pytest.fixture(autouse=True)
def instance(app, tmp_path):
    app.instance_path = str(tmp_path)


def everything() -> str:
    """All rows of all tables as text, raw bodies as they are."""
    db.session.rollback()
    found = []
    for table in db.metadata.tables:
        for row in db.session.execute(text(f'SELECT * FROM "{table}"')):
            found += [
                bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell)
                for cell in row
            ]
    db.session.rollback()
    return "\n".join(found)


def a_body(number: str, state: str, more: str = "") -> None:
    body = (
        f'{{"object": "x{number}", "entry": [{{"to": "{number.lstrip("+")}"}}], "more": "{more}"}}'.encode()
    )
    store(body, utc_now())
    db.session.flush()
    db.session.query(WebhookEvent).filter_by(body=body).update({"state": state})


def test_nothing_of_the_person_is_left_but_the_figures(app):
    campaign = a_launched_campaign(people=3)
    person = set_standing(campaign, 1, "read", replied_at=NOW, personal_values={"name": "Customer 1"})
    other = set_standing(campaign, 2, "delivered")
    number, customer_id = person.phone_number, person.customer_id
    save_customer(number, {"opted_in": True, "name": "Zebulon"}, None, f"said so, {number}", NOW)
    record_opt_out(number, "word", f"Wrote STOP from {number}", "the customer", NOW)
    a_body(number, "applied")
    a_body(number, "waiting", more=other.phone_number)
    a_body(other.phone_number, "applied")
    db.session.commit()
    figures = [getattr(campaign, name) for name in ("messages_sent", "messages_read", "messages_replied")]
    erase_customer(customer_id, WHO, utc_now())
    left = everything()
    assert number.lstrip("+") not in left and "Zebulon" not in left and "Customer 1" not in left
    assert left.count(other.phone_number.lstrip("+")) > 3
    db.session.expire_all()
    assert [
        getattr(campaign, name) for name in ("messages_sent", "messages_read", "messages_replied")
    ] == figures
    assert sorted(one.state for one in db.session.query(WebhookEvent)) == ["applied", "waiting"]
    assert mismatches() == []


def test_what_was_still_to_be_sent_is_skipped_and_what_failed_is_not_tried_again(app):
    campaign = a_launched_campaign(people=3)
    failed = set_standing(campaign, 1, "failed", code=131049)
    pending = db.session.query(Recipient).filter_by(campaign_id=campaign.id, position=2).one()
    for person in (failed, pending):
        erase_customer(person.customer_id, WHO, utc_now())
    db.session.expire_all()
    assert (pending.status, pending.skipped_reason) == ("skipped", "Was erased")
    assert mismatches() == []
    assert retry_failed(campaign.id, WHO, utc_now()).requeued == 1
    db.session.commit()
    numbers = [intent.payload["to"] for intent in claim(10, 1, AccountLimit(), utc_now())]
    db.session.commit()
    db.session.expire_all()
    assert len(numbers) == 1 and numbers[0].startswith("+")
    failed = db.session.query(Recipient).filter_by(campaign_id=campaign.id, position=1).one()
    assert (failed.status, failed.skipped_reason) == ("skipped", "Was erased")
    assert mismatches() == []


def test_whoever_comes_back_by_a_list_or_a_call_is_not_written_to(app):
    campaign = a_launched_campaign(people=2)
    first, second = db.session.query(Customer).order_by(Customer.phone_number)
    numbers = [first.phone_number, second.phone_number]
    for customer in (first, second):
        erase_customer(customer.id, WHO, utc_now())
    assert holding_opt_outs(numbers[0]) == []
    save_customer(numbers[0], {"name": "Back"}, None, "list", utc_now())
    (held,) = holding_opt_outs(numbers[0])
    assert held.kind == "ours" and "erased" in held.reason
    draft = create_campaign({"name": "By number", "template_name": "sale"}, WHO, utc_now())
    add_recipients(draft, [{"phone_number": numbers[1]}, {"phone_number": "+919811111111"}], utc_now())
    db.session.commit()
    launch(draft.id, WHO, utc_now())
    db.session.commit()
    assert (draft.messages_pending, draft.recipients_skipped) == (1, 1)
    assert db.session.get(Campaign, campaign.id).status == "completed"


def test_an_upload_with_the_number_in_it_is_deleted_and_others_stay(app):
    campaign = a_draft()
    assert campaign.id
    customers = {}
    for number in ("+919811111111", "+919822222222"):
        customers[number] = save_customer(number, {}, None, "x", NOW)[0].id
        taken = take_file(io.BytesIO(f"phone\n{number}\n".encode()), "list.csv")
        one = start_import(taken, WHO, NOW)
        choose_columns(one, uses_from_json(one.uses), "IN", NOW)
        db.session.commit()
        assert run_imports()
    assert len(list(folder().iterdir())) == 4
    erase_customer(customers["+919811111111"], WHO, utc_now())
    assert sorted(path.suffix for path in folder().iterdir()) == [".staged", ".upload"]
    assert all(b"919811111111" not in path.read_bytes() for path in folder().iterdir())


def test_it_is_one_button_on_the_customer_s_page(app):
    customer, _ = save_customer("+919811111111", {"name": "Asha"}, None, "x", NOW)
    db.session.commit()
    customer_id = customer.id
    client = a_client(app, "staff")
    assert "Erase the person everywhere" in client.get(f"/customers/{customer_id}").text
    answer = client.post(f"/customers/{customer_id}/erase", status=303)
    assert "The person is erased." in client.get(answer.location).text
    client.get(f"/customers/{customer_id}", status=404)
    with pytest.raises(NotFound):
        erase_customer(customer_id, WHO, utc_now())
