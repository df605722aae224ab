"""Takes pictures of the ten main pages, with a made-up shop in mid-run, into instance/screenshots/.

Run: .venv/bin/python -m tests.browser.screenshots
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from playwright.sync_api import Page, sync_playwright

from campaign_app.cli.demo_shop import PASSWORD, fill_shop, launch_campaigns
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.segments import save_segment
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.databases import an_app, fresh_sqlite
from tests.engine import the_campaign, wait_until
from tests.server_process import ROOT, RunningApp
from tests.simulator_process import RunningSimulator

FOLDER = ROOT / "instance" / "screenshots"
PAGES = {
    "home": "/",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/{sent}",
    "set-up": "/campaigns/{draft}/setup/message",
    "check": "/campaigns/{draft}/launch",
    "recipients": "/campaigns/{sent}/recipients?status=failed",
    "failures": "/failures",
    "customers": "/customers",
    "segments": "/segments",
    "settings": "/settings",
}
WIDTH, HEIGHT = 1280, 860


@dataclass(frozen=True)
class Scene:
    """A shop that is served at `url`."""

    url: str
    sent: UUID
    draft: UUID


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--customers", type=int, default=600, help="how many people")
    options.add_argument("--dark", action="store_true", help="in the dark")
    options.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    chosen = options.parse_args()
    if CHROMIUM is None:
        raise SystemExit("Chromium is not installed (Debian package “chromium”).")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with a_scene(chosen.customers) as scene, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        window = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="dark" if chosen.dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        page = window.new_page()
        sign_in(page, scene.url)
        for place, (name, pattern) in enumerate(PAGES.items(), start=1):
            page.goto(scene.url + pattern.format(**vars(scene)))
            page.wait_for_load_state("networkidle")
            file = chosen.folder / f"{place:02}-{name}.png"
            page.screenshot(path=file)
            print(f"{file} ({file.stat().st_size // 1024} kB)")
        browser.close()


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail address").fill("admin@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


@contextmanager
def a_scene(customers: int) -> Iterator[Scene]:
    """The shop of `flask demo` in a database of its own: one campaign sent, one under way, one draft, one segment."""
    with (
        tempfile.TemporaryDirectory(prefix="shots-") as folder,
        RunningSimulator(
            sent_delay="0-0.1", delivered_delay="0-0.3", read_delay="0-0.5", latency="0.02-0.05"
        ) as simulator,
    ):
        url = fresh_sqlite(Path(folder))
        environ = {
            "WHATSAPP_API_URL": simulator.url,
            "WHATSAPP_ACCESS_TOKEN": simulator.access_token,
            "WHATSAPP_APP_SECRET": simulator.app_secret,
            "WHATSAPP_VERIFY_TOKEN": simulator.verify_token,
            "BUSINESS_TIMEZONE": "Asia/Kolkata",
            "MESSAGING_LIMIT": "10000",
            "PUBLIC_URL": "https://campaigns.example.com",
        }
        app = an_app(url, **environ)
        with RunningApp(url, **environ) as server, app.app_context():
            simulator.settings(webhook_url=f"{server.url}/webhook/whatsapp")
            fill_shop(Path(folder) / "customers.csv", customers)
            sent = launch_campaigns(customers)
            draft = _draft()
            wait_until(lambda: the_campaign(sent).messages_pending < customers // 20, seconds=180)
            wait_until(lambda: the_campaign(sent).messages_read > customers // 2, seconds=60)
            db.session.remove()
            yield Scene(server.url, sent, draft)
            db.session.remove()
            db.engine.dispose()


def _draft() -> UUID:
    now = utc_now()
    text = [{"type": "text", "text": "{{name|friend}}"}, {"type": "text", "text": "15%"}]
    parts = [{"type": "body", "parameters": text}]
    parts.append(
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "may"}]}
    )
    values = {
        "name": "May in Mumbai", "template_name": "spring_offer", "template_components": parts, "daily_send_limit": 50,
        "target_audience": {"location": ["Mumbai", "Pune"]},
    }  # fmt: skip
    draft_id = create_campaign(values, "admin@example.com", now).id
    save_segment(None, "Gold and platinum", {"customer_tier": ["gold", "platinum"]}, "admin@example.com", now)
    db.session.commit()
    return draft_id


if __name__ == "__main__":
    main()
