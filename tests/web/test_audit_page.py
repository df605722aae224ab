"""The audit trail: it only grows, says from where, and can be searched and taken along."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.services.audit import record
from campaign_app.services.audit_trail import AuditSearch, search_trail
from campaign_app.web.audit_words import KINDS
from tests.api.client import ApiClient
from tests.makers import a_campaign
from tests.page_checks import PASSWORD, a_client, a_user
from tests.pages_made import words

NOW = utc_now()


def entries(**fields) -> list[AuditEntry]:
    question = select(AuditEntry).filter_by(**fields).order_by(AuditEntry.at, AuditEntry.id)
    return list(db.session.scalars(question))


@pytest.mark.parametrize(
    "deed",
    [
        update(AuditEntry).values(actor="somebody else"),
        delete(AuditEntry),
        text("UPDATE audit_entries SET details = NULL"),
        text("DELETE FROM audit_entries WHERE actor = 'ana'"),
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(app, deed):
    record("ana", "campaign.paused", "campaign", None, {"name": "Spring"}, NOW)
    db.session.commit()
    with pytest.raises(DBAPIError, match="the audit trail only grows"):
        db.session.execute(deed)
    db.session.rollback()
    (entry,) = entries()
    assert (entry.actor, entry.details) == ("ana", {"name": "Spring"})


def test_the_address_of_the_request_is_recorded_and_of_no_other(app):
    a_user(email="ana@example.com")
    a_client(app, None).post(
        "/login",
        {"email": "ana@example.com", "password": PASSWORD},
        303,
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    record("the app", "campaign.ended")
    db.session.commit()
    assert [entry.address for entry in entries()] == ["192.0.2.7", None]


def test_the_api_records_its_address_too(app):
    staff = ApiClient(app, "staff")
    staff.campaign()
    assert [entry.address for entry in entries(action="campaign.created")] == ["127.0.0.1"]


def test_the_page_shows_the_newest_first_in_words(app):
    campaign = a_campaign()
    record("ana@example.com", "campaign.paused", "campaign", campaign.id, {"name": "Spring"}, NOW)
    record("token Shop", "role changed", "user", None, {"from": "viewer", "to": "admin"}, NOW + timedelta(1))
    db.session.commit()
    page = a_client(app, "admin").get("/settings/audit").text
    assert words(page).index("Role changed") < words(page).index("Campaign: paused")
    assert f'href="/campaigns/{campaign.id}"' in page and "from viewer, to admin" in words(page)


def test_the_page_is_searched_by_person_kind_and_day(app):
    for day in range(5):
        record(f"p{day}@example.com", "campaign.paused", "campaign", None, None, NOW - timedelta(days=day))
    record("p1@example.com", "user added", "user", None, {"email": "x"}, NOW)
    db.session.commit()
    client = a_client(app, "admin")

    def shown(query: str) -> int:
        return client.get(f"/settings/audit?{query}").text.count("<time")

    assert shown("") == 6
    assert shown("who=P1@Example") == 2 and shown("who=P1@Example&kind=user") == 1
    assert shown("who=100%25") == 0 and shown("kind=nothing") == 0
    yesterday = (NOW - timedelta(days=1)).date()
    assert shown(f"since={yesterday}&until={yesterday}") == 1
    assert shown(f"until={yesterday}") == 4
    assert shown("since=nonsense&until=0001-01-01&after=nonsense") == 6


def test_long_trails_come_in_pages_without_gap_or_repetition(app):
    for _ in range(7):
        record("ana", "campaign.paused", "campaign", None, None, NOW)  # all at the same moment
    db.session.commit()
    seen, after = [], None
    while True:
        page = search_trail(AuditSearch(), after, 3)
        seen += [entry.id for entry in page.entries]
        after = page.next_after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 7


def test_the_file_holds_what_the_search_finds_and_no_formula(app):
    record("=cmd@example.com", "campaign.paused", "campaign", None, {"name": "Ünï"}, NOW)
    record("bob", "user added", "user", None, None, NOW)
    db.session.commit()
    answer = a_client(app, "admin").get("/settings/audit.csv?kind=campaign")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["actor"] for row in rows] == ["'=cmd@example.com"]
    assert rows[0]["details"] == '{"name": "Ünï"}' and rows[0]["action"] == "campaign.paused"


def test_whoever_takes_data_out_is_recorded(app):
    campaign = a_campaign()
    client = a_client(app, "staff")
    client.get("/customers.csv")
    client.get(f"/campaigns/{campaign.id}/recipients.csv")
    client.get("/campaigns")
    found = [(entry.actor, entry.action, entry.subject_id, entry.details["file"]) for entry in entries()]
    assert found == [
        ("staff@example.com", "customers.exported", None, "/customers.csv"),
        (
            "staff@example.com",
            "campaign.exported",
            str(campaign.id),
            f"/campaigns/{campaign.id}/recipients.csv",
        ),
    ]


def test_every_kind_of_thing_that_is_recorded_has_a_word():
    sources = "\n".join(
        file.read_text() for file in (Path(__file__).parents[2] / "campaign_app").rglob("*.py")
    )
    recorded = set(re.findall(r'record\(\s*[^"]*(?:"[^"]*",\s*)?f?"[a-z_. {}\[\]]+",\s*"([a-z_]+)"', sources))
    assert recorded <= KINDS.keys() and {"campaign", "user", "api_token", "customer"} <= recorded


def test_only_admins_read_it(app):
    a_client(app, "staff").get("/settings/audit", 403)
    a_client(app, "staff").get("/settings/audit.csv", 403)
