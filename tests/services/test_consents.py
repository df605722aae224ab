"""The history of consent, every message a person got, and lists of people who must not be written to."""

import io
from datetime import timedelta

from campaign_app.extensions import db
from campaign_app.services.consents import consent_history, messages_to
from campaign_app.services.customer_import import import_customers
from campaign_app.services.customers import save_customer
from campaign_app.services.opt_outs import count_opt_outs, holding_opt_outs, lift_opt_out, record_opt_out
from campaign_app.services.suppression_import import suppress_file, suppress_text
from tests.customers_made import NOW, a_customer, a_number
from tests.page_checks import a_client
from tests.pages_made import a_launched_campaign, set_standing, words

LATER = NOW + timedelta(days=1)


def imported(text: str, now=NOW) -> None:
    import_customers(io.BytesIO(text.encode()), "IN", False, "list.csv", now)


def deeds(number: str) -> list[str]:
    return [entry.deed for entry in consent_history(number)]


def test_every_answer_is_kept_with_its_source_and_time(app):
    imported(f"phone,consent\n{a_number(1)},yes\n{a_number(2)},\n")
    imported(f"phone,consent\n{a_number(1)},yes\n{a_number(2)},no\n", LATER)
    save_customer(a_number(1), {"opted_in": False}, None, "entered by uma@example.com", LATER)
    save_customer(a_number(1), {"name": "Asha"}, None, "entered by uma@example.com", LATER)
    first = consent_history(a_number(1))
    assert [(entry.deed, entry.note, entry.at) for entry in first] == [
        ("no", "entered by uma@example.com", LATER),
        ("yes", "list.csv, line 2", NOW),
    ]
    assert deeds(a_number(2)) == ["no"]


def test_opt_outs_of_three_kinds_stand_in_it_apart_and_with_their_end(app):
    record_opt_out(a_number(1), "meta", None, "WhatsApp", NOW)
    record_opt_out(a_number(1), "word", "Wrote “STOP”", "the customer", NOW + timedelta(hours=1))
    lift_opt_out(a_number(1), "meta", LATER)
    assert [(entry.deed, entry.kind) for entry in consent_history(a_number(1))] == [
        ("lifted", "meta"),
        ("stopped", "word"),
        ("stopped", "meta"),
    ]


def test_a_customer_s_page_shows_the_history_and_every_message(app):
    campaign = a_launched_campaign(people=1)
    person = set_standing(campaign, 1, "failed", code=131026)
    record_opt_out(person.phone_number, "ours", "asked by phone", "uma@example.com", NOW)
    db.session.commit()
    (sent,) = messages_to(person.phone_number, 10)
    assert (sent.campaign_name, sent.recipient.status) == (campaign.name, "failed")
    page = words(a_client(app, "viewer").get(f"/customers/{person.customer_id}").text)
    assert "History of consent Entered by us" in page and "asked by phone" in page
    assert "Spring sale Failed" in page and "Error 131026" in page


def test_a_suppression_list_holds_at_once_and_again_changes_nothing(app):
    content = f"Name;Handy\nAsha;{a_number(1)}\nUma;{a_number(2)}\nUma;{a_number(2)}\n;\nBad;12\n".encode()
    done = suppress_file(io.BytesIO(content), "IN", "asked by mail", "uma@example.com", NOW)
    assert (done.added, done.known, done.refused) == (2, 1, 1)
    assert done.refused_rows[0][:2] == (6, "12")
    (held,) = holding_opt_outs(a_number(1))
    assert (held.kind, held.reason, held.recorded_by) == ("ours", "asked by mail", "uma@example.com")
    again = suppress_text(f"{a_number(1)}\n\n{a_number(3)}\n", "IN", None, "x", LATER)
    assert (again.added, again.known, again.refused) == (1, 1, 0)
    assert count_opt_outs() == {"ours": 3}


def test_many_opt_outs_are_added_on_their_page(app):
    a_customer(1)
    db.session.commit()
    client = a_client(app, "staff")
    assert "Add many numbers" in client.get("/opt-outs").text
    page = client.post("/opt-outs/import", {"numbers": f"{a_number(1)}\nnobody\n", "reason": "moved"}).text
    assert "Added 1" in words(page) and "This is not a phone number." in page
    assert "Choose a file, or paste the numbers." in client.post("/opt-outs/import", {}, status=422).text
    upload = {"file": (io.BytesIO(b"%PDF-1.7"), "list.pdf")}
    assert "This is a PDF document" in client.post("/opt-outs/import", upload, status=422).text
    a_client(app, "viewer").post("/opt-outs/import", {"numbers": a_number(2)}, status=403)
    assert count_opt_outs() == {"ours": 1}
