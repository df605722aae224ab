"""The list of opt-outs."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.opt_out import OptOut
from campaign_app.services.opt_outs import holding_opt_outs, record_opt_out
from tests.customers_made import NOW, a_customer, a_number
from tests.page_checks import a_client


def holding(place: int = 1) -> list[str]:
    db.session.rollback()
    return [opt_out.kind for opt_out in holding_opt_outs(a_number(place))]


def the_opt_out(place: int = 1) -> OptOut:
    db.session.rollback()
    return db.session.scalars(select(OptOut).where(OptOut.phone_number == a_number(place))).one()


def test_staff_add_a_number_and_lift_it_again(app):
    client = a_client(app, "staff")
    client.post("/opt-outs", {"phone_number": "98765 00001", "reason": "Asked on the phone"}, status=303)
    assert holding() == ["ours"]
    page = client.get("/opt-outs").text
    assert a_number(1) in page and "Asked on the phone" in page and "staff@example.com" in page
    assert "Lift the opt-out" in client.get(f"/opt-outs/{the_opt_out().id}").text
    client.post(f"/opt-outs/{the_opt_out().id}/lift", status=303)
    assert holding() == []
    assert "does not hold any more" in client.get(f"/opt-outs/{the_opt_out().id}").text
    actions = list(db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "opt_out")))
    assert sorted(actions) == ["opt_out.lifted", "opt_out.recorded"]


def test_from_the_page_of_a_customer_one_returns_there(app):
    customer = a_customer(1)
    db.session.commit()
    client = a_client(app, "staff")
    answer = client.post("/opt-outs", {"phone_number": a_number(1), "customer": customer.id}, status=303)
    assert answer.location == f"/customers/{customer.id}"
    address = f"/opt-outs/{the_opt_out().id}"
    assert f'value="{customer.id}"' in client.get(f"{address}?customer={customer.id}").text
    answer = client.post(f"{address}/lift", {"customer": customer.id}, status=303)
    assert answer.location == f"/customers/{customer.id}"


def test_what_the_person_stopped_in_whatsapp_staff_cannot_lift(app):
    record_opt_out(a_number(1), "meta", None, "WhatsApp", NOW)
    db.session.commit()
    client = a_client(app, "admin")
    assert "Lift the opt-out" not in client.get(f"/opt-outs/{the_opt_out().id}").text
    answer = client.post(f"/opt-outs/{the_opt_out().id}/lift", status=409)
    assert "only they can lift that" in answer.text
    assert holding() == ["meta"]


def test_a_number_that_cannot_be_read_is_said_beside_the_field(app):
    answer = a_client(app, "staff").post("/opt-outs", {"phone_number": "12"}, status=422)
    assert "too short" in answer.text


def test_the_list_can_be_narrowed_to_a_kind_and_has_pages(app):
    for place in range(60):
        record_opt_out(a_number(place), "word" if place else "ours", "<i>Wrote STOP</i>", None, NOW)
    db.session.commit()
    client = a_client(app, "viewer")
    page = client.get("/opt-outs?kind=word").text
    assert "&lt;i&gt;Wrote STOP" in page and 'rel="next"' in page
    address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Start of the list" in client.get(address).text
    assert a_number(0) in client.get("/opt-outs?kind=ours").text


@pytest.mark.parametrize("path", ["/opt-outs", "/opt-outs/00000000-0000-0000-0000-000000000000/lift"])
def test_a_viewer_changes_nothing(app, path):
    a_client(app, "viewer").post(path, {"phone_number": a_number(1)}, status=403)
    assert holding() == []
