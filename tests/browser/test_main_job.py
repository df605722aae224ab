"""The main job by hand: sign in, upload a messy file, make a campaign, launch it, watch it being sent."""

import re

import pytest
from playwright.sync_api import expect

from campaign_app.domain.messy_customers import write_messy_customers
from tests.browser.conftest import a_shop

pytestmark = pytest.mark.browser

PEOPLE = 120
SECONDS = 60_000


@pytest.fixture
def shop(chromium, database_url):
    """A shop of its own for each test: they count customers."""
    with a_shop(database_url) as found:
        yield found


def test_a_campaign_is_made_launched_and_watched_in_the_browser(shop, visit, tmp_path):
    file = tmp_path / "customers.csv"
    write_messy_customers(file, PEOPLE, seed=7)
    visitor = visit().sign_in()
    page = visitor.page

    # upload
    page.get_by_role("link", name="Customers").first.click()
    page.get_by_role("link", name="Import a file").first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and look at the columns").click()
    expect(page.get_by_label("What “Mobile No.” holds")).to_have_value("phone_number")
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name=f"Import {PEOPLE} people").click(timeout=SECONDS)
    expect(page.get_by_text("is finished")).to_be_visible(timeout=SECONDS)
    assert visitor.number("Added") == PEOPLE and visitor.number("Refused") >= 5

    # message templates
    page.get_by_role("link", name="Templates").first.click()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("message templates from WhatsApp")).to_be_visible()

    # set-up
    visitor.open("/campaigns/new")
    page.get_by_label("Name", exact=True).fill("Spring in the browser")
    page.get_by_label("Message template").select_option("spring_offer|en_US")
    page.get_by_label("Text for {{1}}").fill("{{name|friend}}")
    page.get_by_label("Text for {{2}}").fill("15%")
    page.get_by_label(re.compile("End of the address of the button")).fill("spring")
    expect(page.locator("#preview .bubble-body")).to_contain_text("15% off everything in store")
    expect(page.locator("#saved")).to_contain_text("Saved at")
    page.get_by_role("button", name="Continue to the people").click()
    page.wait_for_url("**/setup/people")
    page.get_by_label("Every customer").check()
    expect(page.locator("#audience-count")).to_contain_text(f"{PEOPLE} people can be written to")
    page.get_by_role("button", name="Continue to the schedule").click()
    page.wait_for_url("**/setup/schedule")
    page.get_by_label("Daily limit").fill("60")
    expect(page.locator("#forecast")).to_contain_text("2 days of sending")
    page.get_by_label("Daily limit").fill("250")
    expect(page.locator("#forecast")).to_contain_text(f"All {PEOPLE} messages leave today.")

    # leaving loses nothing: what was typed has saved itself
    page.get_by_label("Priority").select_option("3")
    expect(page.locator("#saved")).to_contain_text("Saved at")
    page.reload()
    expect(page.get_by_label("Priority")).to_have_value("3")
    page.get_by_role("button", name="Continue to the check").click()

    # launch
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check and launch")
    assert visitor.number("Get it") == PEOPLE
    tick_warnings(page)
    page.get_by_role("button", name=f"Send to {PEOPLE} people").click()
    expect(page.get_by_text("The campaign is launched.")).to_be_visible()

    # watch: the numbers move on the same page, which is never loaded again
    page.evaluate("window.sameAsBefore = true")
    expect(page.locator(".tile-sent .tile-value")).not_to_have_text("0", timeout=SECONDS)
    expect(page.get_by_text("100.0%", exact=True).first).to_be_visible(timeout=SECONDS)
    expect(page.locator(".progress-words")).to_contain_text("Completed", timeout=SECONDS)
    expect(page.locator(".tile-read .tile-value")).not_to_have_text("0", timeout=SECONDS)
    assert page.evaluate("window.sameAsBefore") is True
    assert visitor.number("Recipients") == PEOPLE and visitor.number("Pending") == 0
    expect(page.locator("canvas[data-chart=counts]")).to_be_visible()

    # every number leads to its people
    page.locator(".tile-failed a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recipients")
    failed = int(page.locator(".tabs [aria-current] .tab-count").inner_text())
    assert failed > 0 and page.locator("tbody tr").count() == failed


def test_without_javascript_the_same_job_can_be_done(shop, visit):
    visitor = visit(scripts=False).sign_in()
    page = visitor.page
    visitor.open("/templates")
    page.get_by_role("button", name="Sync now").click()
    visitor.open("/customers/import")
    import_file(page, "two.csv", b"phone,tier\n+919812300001,plain\n+919812300002,plain\n", "Import 2 people")
    visitor.open("/campaigns/new")
    page.get_by_label("Name", exact=True).fill("Without scripts")
    page.get_by_label("Message template").select_option("loyalty_reward|en_US")
    page.get_by_role("button", name="Use this template").click()
    page.get_by_label("Text for {{1}}").fill("{{name|friend}}")
    page.get_by_label("Text for {{2}}").fill("500")
    page.get_by_role("button", name="Continue to the people").click()
    page.locator("input[name=customer_tier][value=plain]").check(force=True)
    page.get_by_role("button", name="Count").click()
    expect(page.locator("#audience-count")).to_contain_text("2 people can be written to")
    page.get_by_role("button", name="Back to the message").click()
    expect(page.locator("#preview .bubble-body")).to_contain_text("you have 500 points")
    page.get_by_role("button", name="Continue to the people").click()
    expect(page.locator("input[name=customer_tier][value=plain]")).to_be_checked()
    page.get_by_role("button", name="Continue to the schedule").click()
    page.get_by_role("button", name="Continue to the check").click()
    tick_warnings(page)
    page.get_by_role("button", name="Send to 2 people").click()
    expect(page.get_by_text("The campaign is launched.")).to_be_visible()
    page.locator("summary", has_text="The figures day by day").click()
    expect(page.locator(".progress-panel")).to_be_visible()


def test_a_page_whose_campaign_is_over_asks_no_more(shop, visit):
    visitor = visit().sign_in()
    page = visitor.page
    visitor.open("/templates")
    page.get_by_role("button", name="Sync now").click()
    visitor.open("/customers/import")
    import_file(page, "one.csv", b"phone,tier\n+919812300003,single\n", "Import 1 person")
    visitor.open("/campaigns/new?template=holiday_sale_template|en_US")
    page.get_by_label("Name", exact=True).fill("Over at once")
    page.get_by_role("button", name="Continue to the people").click()
    page.locator("input[name=customer_tier][value=single]").check(force=True)
    page.get_by_role("button", name="Continue to the schedule").click()
    page.get_by_label("Start").fill("2036-01-01T09:00")
    page.get_by_role("button", name="Continue to the check").click()
    tick_warnings(page)
    page.get_by_role("button", name="Send to 1 person").click()
    page.locator("summary", has_text="Cancel").click()
    expect(page.get_by_text("1 person will not get it.")).to_be_visible()
    page.get_by_role("button", name="Cancel the campaign").click()
    expect(page.get_by_text("1 person did not get it.")).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "_progress" in request.url else None)
    page.wait_for_timeout(3000)
    assert asked == []


def tick_warnings(page) -> None:
    if page.locator("#seen").count():
        page.locator("#seen").check()


def import_file(page, name: str, content: bytes, confirm: str) -> None:
    """Through the wizard to its end, looking again and again as people without JavaScript do."""
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Upload and look at the columns").click()
    page.get_by_role("button", name="Check the file").click()
    reload_until_visible(page, page.get_by_role("button", name=confirm))
    page.get_by_role("button", name=confirm).click()
    reload_until_visible(page, page.get_by_text("is finished"))


def reload_until_visible(page, wanted) -> None:
    for _ in range(60):
        if wanted.is_visible():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(wanted).to_be_visible()
