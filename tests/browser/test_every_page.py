"""Every main page on a phone and a desktop, in the light and in the dark: no fault in the console, none by axe, none too wide."""

import itertools
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_layout import uses_from_json
from campaign_app.domain.messy_customers import write_messy_customers
from campaign_app.extensions import db
from campaign_app.models.customer_import import CustomerImport
from campaign_app.models.recipient import Recipient
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.customer_import import import_customers
from campaign_app.services.customer_imports import choose_columns, start_import, take_file
from campaign_app.services.launch import launch
from campaign_app.services.message_templates import sync_templates
from campaign_app.services.segments import save_segment
from tests.browser.visitor import SIZES
from tests.engine import the_campaign, wait_until

pytestmark = pytest.mark.browser

PEOPLE = 200
OFFER = [
    {
        "type": "body",
        "parameters": [{"type": "text", "text": "{{name|friend}}"}, {"type": "text", "text": "20%"}],
    },
    {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "spring"}]},
]
PAGES = (
    "/", "/campaigns", "/campaigns?status=draft", "/campaigns/new?template=spring_offer|en_US", "/campaigns/{sent}",
    "/campaigns/{draft}", "/campaigns/{draft}/setup/message", "/campaigns/{draft}/setup/people", "/campaigns/{draft}/setup/schedule",
    "/campaigns/{draft}/launch", "/campaigns/{sent}/compare", "/campaigns/{running}", "/campaigns/{running}/edit",
    "/campaigns/{running}/schedule", "/campaigns/{sent}/recipients", "/campaigns/{sent}/recipients?status=failed",
    "/campaigns/{sent}/failures", "/failures", "/customers", "/customers/{customer}", "/customers/import",
    "/customers/import/{import}", "/customers/import/{preview}", "/segments", "/segments/new", "/segments/{segment}",
    "/opt-outs/import", "/templates", "/opt-outs", "/settings",
    "/settings/users", "/settings/tokens", "/no-such-page",
)  # fmt: skip


@pytest.fixture(scope="module")
def campaigns(shop, tmp_path_factory) -> dict[str, str]:
    """Ids of a campaign that was sent (with failures), one that runs, and a draft; and of what its audience is made of."""
    file = tmp_path_factory.mktemp("file") / "customers.csv"
    write_messy_customers(file, PEOPLE, seed=11)
    with shop.app.app_context():
        now = utc_now()
        with file.open("rb") as opened:
            import_customers(opened, "IN", False, file.name, now)
        db.session.commit()
        sync_templates(cloud_api(), now)
        db.session.commit()
        made = {
            "sent": _campaign("Spring offer", {"all": True}, daily_send_limit=1000, launched=True),
            "running": _campaign(
                "Slow and steady", {"all": True}, daily_send_limit=20, priority=8, launched=True
            ),
            "draft": _campaign("Not launched yet", {"customer_tier": ["gold"]}),
        }
        made |= _audience(file, made["sent"])
        wait_until(lambda: the_campaign(made["sent"]).status == "completed", seconds=60)
        wait_until(lambda: the_campaign(made["sent"]).messages_read > 10, seconds=60)
        db.session.remove()
    return {name: str(campaign_id) for name, campaign_id in made.items()}


def _audience(file: Path, sent) -> dict:
    """Ids of a customer, a segment, an import whose columns are to be chosen, and one to be confirmed."""
    now = utc_now()
    rows = {"customer_tier": ["gold"], "not": {"read": {"campaign": str(sent)}}}
    made = {
        "customer": db.session.scalar(
            select(Recipient.customer_id).where(Recipient.campaign_id == sent).limit(1)
        ),
        "segment": save_segment(None, "Gold who did not read it", rows, "staff@example.com", now).id,
    }
    db.session.commit()
    for name in ("import", "preview"):
        with file.open("rb") as opened:
            taken = take_file(opened, file.name)
        one = start_import(taken, "staff@example.com", now)
        if name == "preview":
            choose_columns(one, uses_from_json(one.uses), "IN", now)
        made[name] = one.id
        db.session.commit()
    wait_until(lambda: _state_of(made["preview"]) == "ready", seconds=60)
    return made


def _state_of(import_id) -> str:
    with reading():
        state = db.session.scalar(select(CustomerImport.state).where(CustomerImport.id == import_id))
        db.session.rollback()
    return state


def _campaign(name: str, audience: dict, launched: bool = False, **fields):
    values = {
        "name": name,
        "template_name": "spring_offer",
        "template_components": OFFER,
        "target_audience": audience,
        **fields,
    }
    campaign = create_campaign(values, "staff@example.com", utc_now())
    campaign_id = campaign.id
    db.session.commit()
    if launched:
        launch(campaign_id, "staff@example.com", utc_now())
        db.session.commit()
    return campaign_id


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, ("light", "dark"))))
def test_every_page_is_accessible_and_fits(visit, campaigns, size, theme):
    visitor = visit(size=size, theme=theme, role="admin").sign_in()
    found = []
    for pattern in PAGES:
        visitor.open(pattern.format(**campaigns))
        visitor.page.wait_for_timeout(150)
        if fault := visitor.accessibility_faults():
            found.append(f"{pattern}: {fault}")
        if (pixels := visitor.sideways_overflow()) > 0:
            found.append(f"{pattern}: {pixels} pixels too wide")
        assert visitor.page.locator("html").get_attribute("data-bs-theme") == theme
    visitor.troubles[:] = [trouble for trouble in visitor.troubles if "no-such-page" not in trouble]
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("role", ["viewer", "staff", "admin"])
def test_every_link_that_a_role_is_shown_works(visit, campaigns, role):
    """Follows every link of every page; lists and exports with the same address up to `?` count once, and
    so do the pages of the recipients of a campaign, and those of the webhooks."""
    visitor = visit(role=role).sign_in()
    seen, waiting, faults = set(), ["/"], []
    while waiting and len(seen) < 150:
        path = waiting.pop()
        key = re.sub(r"(/recipients|^/webhooks)/[^/.]+$", r"\1/one", path.split("?")[0].split("#")[0])
        if key in seen:
            continue
        seen.add(key)
        answer = visitor.page.request.get(visitor.url + path)
        if not answer.ok:
            faults.append(f"{path}: {answer.status}")
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        visitor.open(path)
        found = visitor.page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.getAttribute('href'))"
        )
        waiting += [
            href for href in found if href.startswith("/") and href.split("?")[0].split("#")[0] not in seen
        ]
    assert not faults and len(seen) >= 12, faults


def test_the_charts_follow_the_theme_and_the_table_has_their_figures(visit, campaigns):
    visitor = visit().sign_in()
    visitor.open(f"/campaigns/{campaigns['sent']}")
    page = visitor.page
    colours = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(300)
        colours.append(
            page.evaluate(
                "Chart.getChart(document.querySelector('canvas[data-chart=counts]')).data.datasets[2].backgroundColor"
            )
        )
    assert colours[0] != colours[1]
    drawn = page.evaluate(
        "Chart.getChart(document.querySelector('canvas[data-chart=counts]')).data.datasets.map(set => set.data)"
    )
    page.locator("summary", has_text="The figures day by day").click()
    cells = page.locator("[data-part=days] tbody tr").first.locator("td").all_inner_texts()
    assert [int(text.replace(",", "")) for text in cells[:4]] == [values[0] for values in drawn]


def test_the_menu_of_a_phone_opens_and_leads_on(visit):
    visitor = visit(size="phone").sign_in()
    visitor.page.locator("summary", has_text="Menu").click()
    visitor.page.get_by_role("link", name="Failures").click()
    visitor.page.wait_for_url("**/failures")


def test_everything_can_be_reached_by_the_keyboard(visit):
    visitor = visit().sign_in()
    page = visitor.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_checks_see_planted_faults(visit):
    visitor = visit().sign_in()
    page = visitor.page
    page.evaluate(
        """() => {
          document.querySelector("main").innerHTML = "<img src='/static/favicon.svg'><div>wide</div>";
          document.querySelector("main div").style.width = "3000px";
          document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>inline</p>");
          fetch("https://other.example/").catch(() => {});
        }"""
    )
    page.wait_for_timeout(300)
    assert "image-alt" in visitor.accessibility_faults()
    assert visitor.sideways_overflow() > 1000
    heard = "\n".join(visitor.troubles)
    assert "style-src" in heard and "connect-src" in heard
    visitor.troubles.clear()
