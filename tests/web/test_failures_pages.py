"""Failures of one campaign, and over all of them."""

import csv
import io

import pytest

from tests.page_checks import a_client
from tests.pages_made import a_launched_campaign, set_standing, words


def two_campaigns_with_failures():
    first, second = (
        a_launched_campaign(people=4, name="First sale"),
        a_launched_campaign(people=2, name="Second sale"),
    )
    set_standing(first, 1, "failed", 131026)
    set_standing(first, 2, "failed", 131026)
    set_standing(first, 3, "failed", None)
    person = set_standing(second, 1, "failed", 131049, retry_count=2)
    return first, person


def test_failures_over_all_campaigns_are_counted_by_code_with_the_campaigns(app):
    two_campaigns_with_failures()
    page = words(a_client(app, "viewer").get("/failures").text)
    # in the second campaign all customers, six of them, are recipients
    assert "131026 Message undeliverable" in page and "First sale" in page and "Second sale" in page
    assert "4 messages over all campaigns stand failed." in page


def test_every_failed_message_stands_with_campaign_number_reason_retries_and_time(app):
    _, person = two_campaigns_with_failures()
    page = words(a_client(app, "viewer").get("/failures?code=131049").text)
    assert f"Second sale {person.phone_number} {person.name} Error 131049" in page and " 2 2 Mar" in page
    assert "131026 " in page and "Error 131026" not in page, (
        "the list is of the chosen code, the table of all"
    )


def test_a_code_leads_to_its_people(app):
    first, _ = two_campaigns_with_failures()
    client = a_client(app, "viewer")
    page = client.get(f"/campaigns/{first.id}/failures?code=131026").text
    assert page.count("Error 131026") == 2 and "People with code 131026" in words(page)
    page = client.get(f"/campaigns/{first.id}/failures?code=none").text
    assert "People without a code" in words(page) and page.count('class="nowrap numbers"') == 1


@pytest.mark.parametrize(
    "query",
    ["code=abc", "code=99999999999999", "after=x", "after=2026_1", "code=131026&after=2026-03-02T09:00:00"],
)
def test_odd_addresses_are_answered_with_the_list(app, query):
    first, _ = two_campaigns_with_failures()
    client = a_client(app, "viewer")
    client.get(f"/failures?{query}")
    client.get(f"/campaigns/{first.id}/failures?{query}")


def test_more_failures_than_a_page_are_reached_by_the_next_link(app):
    campaign = a_launched_campaign(people=52)
    for place in range(1, 53):
        set_standing(campaign, place, "failed", 131026)
    client = a_client(app, "viewer")
    page = client.get("/failures").text
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    seen = [text.count('class="nowrap numbers"') for text in (page, client.get(following).text)]
    assert seen == [50, 2]


def test_the_files_hold_every_failure_with_what_to_do(app):
    first, _ = two_campaigns_with_failures()
    client = a_client(app, "staff")
    for address, failures in (("/failures.csv", 4), (f"/campaigns/{first.id}/failures.csv", 3)):
        answer = client.get(address)
        header, *rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
        assert len(rows) == failures
        assert header[:3] == ["campaign_id", "campaign_name", "phone_number"] and "what_to_do" in header
        assert all(row[header.index("what_to_do")] for row in rows)


def test_without_failures_the_pages_say_so(app):
    campaign = a_launched_campaign()
    client = a_client(app, "viewer")
    assert "Nothing has failed." in words(client.get("/failures").text)
    assert "Nothing has failed." in words(client.get(f"/campaigns/{campaign.id}/failures").text)
