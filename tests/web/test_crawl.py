"""Each role follows every link that it is shown: all of them work, and every page is valid HTML."""

import re
from html import unescape

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.opt_out import OptOut
from campaign_app.services.campaign_archive import archive
from campaign_app.services.lifecycle import cancel, pause
from campaign_app.services.segments import save_segment
from campaign_app.services.webhook_inbox import store
from tests.page_checks import a_client
from tests.pages_made import (
    WITH_VALUES,
    a_draft,
    a_launched_campaign,
    a_message_template,
    a_running_campaign,
)

MOST = 400  # pages a role


@pytest.fixture
def shop(app):
    """Campaigns in every state, people, a segment, opt-outs and webhooks: something behind each link."""
    now = utc_now()
    campaign = a_running_campaign()
    pause(a_launched_campaign(people=1, name="A paused one").id, "ana@example.com", now)
    over = a_launched_campaign(people=1, name="One that was put away")
    cancel(over.id, "ana@example.com", now)
    archive([over.id], "ana@example.com", now)
    a_message_template("greeting", components=WITH_VALUES)
    a_draft(name="A draft", template_name="greeting")
    save_segment(None, "Gold", {"customer_tier": "gold"}, "ana@example.com", now)
    db.session.add(OptOut(phone_number="+919876500001", kind="ours", reason="asked by phone"))
    store(b"<html>no webhook</html>", now)
    db.session.commit()
    assert db.session.query(Customer).count() > 3
    return campaign


@pytest.mark.parametrize("role", ["viewer", "staff", "admin"])
def test_every_link_works_and_every_page_is_valid(app, shop, role):
    """`get` checks each page; of the addresses that differ only behind `?` three are opened."""
    client, waiting, seen, opened = a_client(app, role), ["/"], set(), {}
    while waiting:
        address = waiting.pop(0)
        path = address.split("?")[0]
        if address in seen or opened.get(path, 0) >= 3:
            continue
        seen.add(address)
        opened[path] = opened.get(path, 0) + 1
        assert len(seen) <= MOST
        answer = client.get(address, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        links = re.findall(r'<a\b[^>]*?href="([^"#]+)', answer.text)
        waiting += [unescape(link) for link in links if link.startswith("/")]
    pages = {re.sub(r"[0-9a-f-]{36}", "id", path) for path in opened}
    assert {
        "/",
        "/campaigns",
        "/campaigns/id",
        "/campaigns/id/recipients",
        "/failures",
        "/customers",
    } <= pages
    assert ("/campaigns/id/setup/people" in pages) == (role != "viewer")
    assert ("/settings" in pages) == (role == "admin")
