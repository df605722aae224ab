"""The story of a recipient and the webhooks behind it, in a browser: no fault in the console, none by axe, none too wide."""

import itertools

import pytest
from sqlalchemy import select

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.launch import launch
from campaign_app.services.recipients import add_recipients
from campaign_app.services.webhook_inbox import store
from tests.browser.visitor import SIZES
from tests.engine import the_campaign, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def addresses(shop) -> list[str]:
    """The pages of a person who read the message, of one whom WhatsApp refused, and of the webhooks."""
    with shop.app.app_context():
        now = utc_now()
        values = {"name": "To be told", "template_name": "holiday_sale_template", "daily_send_limit": 1000}
        campaign = create_campaign(values, "test", now)
        numbers = [f"+9198111{place:05}" for place in (0, 1, 2, 3, 60, 61)]
        add_recipients(campaign, [{"phone_number": number} for number in numbers], now)
        store(b"<html>no webhook</html>", now)
        campaign_id = campaign.id
        db.session.commit()
        launch(campaign_id, "test", now)
        db.session.commit()
        wait_until(lambda: the_campaign(campaign_id).messages_delivered >= 2, seconds=60)
        with reading():
            people = db.session.scalars(
                select(Recipient.id).where(Recipient.campaign_id == campaign_id)
            ).all()
            bodies = db.session.scalars(
                select(WebhookEvent.id).order_by(WebhookEvent.received_at.desc()).limit(2)
            ).all()
            db.session.rollback()
        db.session.remove()
    return [
        f"/campaigns/{campaign_id}",
        *(f"/campaigns/{campaign_id}/recipients/{person}" for person in people[:3]),
        "/webhooks",
        "/webhooks?state=unreadable",
        *(f"/webhooks/{body}" for body in bodies),
    ]


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, ("light", "dark"))))
def test_the_pages_are_accessible_and_fit(visit, addresses, size, theme):
    visitor = visit(size=size, theme=theme, role="admin").sign_in()
    found = []
    for address in addresses:
        visitor.open(address)
        visitor.page.wait_for_timeout(150)
        if fault := visitor.accessibility_faults():
            found.append(f"{address}: {fault}")
        if (pixels := visitor.sideways_overflow()) > 0:
            found.append(f"{address}: {pixels} pixels too wide")
    assert not found, "\n\n".join(found)


def test_the_chart_of_the_hours_has_the_figures_of_its_table(visit, addresses):
    visitor = visit(role="viewer").sign_in()
    visitor.open(addresses[0])
    page = visitor.page
    sent = page.evaluate(
        "Chart.getChart(document.querySelector('canvas[data-chart=hours]')).data.datasets[0].data"
    )
    page.locator("#each-hour summary").click()
    told = page.locator("#each-hour tbody td:nth-of-type(1)").all_inner_texts()
    assert sum(sent) == sum(int(figure.replace(",", "")) for figure in told) > 0
