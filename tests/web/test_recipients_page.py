"""The people behind the numbers, and the files of them."""

import csv
import io

import pytest
import python_calamine

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from campaign_app.services.recipient_lists import NUMBERS
from tests.page_checks import a_client
from tests.pages_made import a_launched_campaign, set_standing, some_customers, words

HEADER = [
    "phone_number", "name", "status", "sent_at", "delivered_at", "read_at", "failed_at", "failure_reason", "retry_count",
    "whatsapp_message_id",
]  # fmt: skip


def rows_of(answer) -> list[list[str]]:
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_recipients_are_listed_in_pages_of_fifty(app):
    campaign = a_launched_campaign(people=51)
    client = a_client(app, "viewer")
    first = client.get(f"/campaigns/{campaign.id}/recipients").text
    assert first.count('<th scope="row"') == 50 and "after=50" in first
    second = client.get(f"/campaigns/{campaign.id}/recipients?after=50").text
    assert second.count('<th scope="row"') == 1 and "Start of the list" in second


@pytest.mark.parametrize("number", NUMBERS)
def test_each_number_lists_page_after_page_without_gap_or_repetition(app, number):
    campaign = a_launched_campaign(people=12)
    for place, status in enumerate(
        ("sent", "delivered", "read", "failed", "sent", "read", "delivered", "failed"), 1
    ):
        set_standing(campaign, place, status, code=131026 if status == "failed" else None)
    set_standing(campaign, 9, "queued", unconfirmed_at=utc_now())
    set_standing(campaign, 10, "skipped", skipped_reason="On our own list of people not to write to")
    for place in (1, 4, 12):
        db.session.query(Recipient).filter_by(position=place).one().replied_at = utc_now()
    client = a_client(app, "viewer")
    page = client.get(f"/campaigns/{campaign.id}/recipients?status={number}").text
    expected = {
        "sent": 8,
        "delivered": 4,
        "read": 2,
        "failed": 2,
        "pending": 2,
        "unconfirmed": 1,
        "skipped": 1,
        "replied": 3,
    }[number]
    assert page.count('<th scope="row"') == expected


def test_a_skipped_person_shows_the_reason(app):
    campaign = a_launched_campaign()
    set_standing(campaign, 1, "skipped", skipped_reason="On our own list of people not to write to")
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}/recipients?status=skipped")
    assert "On our own list of people not to write to" in words(page.text)


@pytest.mark.parametrize(
    "query",
    ["status=nonsense", "after=x", "after=-1", "after=99999999999999999999999", "status=sent&after=7"],
)
def test_odd_addresses_are_answered_with_a_list(app, query):
    campaign = a_launched_campaign()
    a_client(app, "viewer").get(f"/campaigns/{campaign.id}/recipients?{query}")


def test_the_csv_holds_everybody_with_the_promised_columns(app):
    campaign = a_launched_campaign(people=3)
    person = set_standing(campaign, 1, "read")
    set_standing(campaign, 2, "failed", 131026)
    answer = a_client(app, "staff").get(f"/campaigns/{campaign.id}/recipients.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    header, *rows = rows_of(answer)
    assert header == HEADER and len(rows) == 3
    assert rows[0][1:6] == [
        person.name,
        "read",
        "2026-03-02T09:31:00+00:00",
        "2026-03-02T09:32:00+00:00",
        "2026-03-02T09:33:00+00:00",
    ]
    assert rows[1][2] == "failed" and rows[1][7].startswith("Error 131026: Message undeliverable")


def test_the_xlsx_holds_the_same_as_text(app):
    campaign = a_launched_campaign(people=2)
    person = set_standing(campaign, 1, "sent")
    answer = a_client(app, "staff").get(f"/campaigns/{campaign.id}/recipients.xlsx")
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).get_sheet_by_index(
        0
    )
    header, first, _second = sheet.to_python()
    assert header == HEADER
    assert first[0] == person.phone_number and first[2:4] == ["sent", "2026-03-02T09:31:00+00:00"]


def test_a_formula_in_a_name_stays_text_in_both_files(app):
    some_customers(1, name='=HYPERLINK("http://evil.example")')
    campaign = a_launched_campaign(people=0)
    client = a_client(app, "staff")
    assert rows_of(client.get(f"/campaigns/{campaign.id}/recipients.csv"))[1][1].startswith("'=")
    answer = client.get(f"/campaigns/{campaign.id}/recipients.xlsx")
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).get_sheet_by_index(
        0
    )
    assert sheet.to_python()[1][1] == '=HYPERLINK("http://evil.example")'


def test_the_list_that_is_looked_at_is_what_is_downloaded(app):
    campaign = a_launched_campaign(people=3)
    set_standing(campaign, 2, "sent")
    client = a_client(app, "staff")
    assert "recipients.csv?status=sent" in client.get(f"/campaigns/{campaign.id}/recipients?status=sent").text
    assert len(rows_of(client.get(f"/campaigns/{campaign.id}/recipients.csv?status=sent"))) == 2


def test_a_viewer_reads_but_does_not_export(app):
    campaign = a_launched_campaign()
    client = a_client(app, "viewer")
    assert "Download" not in client.get(f"/campaigns/{campaign.id}/recipients").text
    for ending in ("csv", "xlsx"):
        client.get(f"/campaigns/{campaign.id}/recipients.{ending}", 403)
