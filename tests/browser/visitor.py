"""A person at a browser, who notices what must never happen: errors in the console, refusals by the policy, other hosts."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.page_checks import PASSWORD

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}

# Runs before any script of the page.
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Visitor:
    """One browser window. `troubles` holds what went wrong so far; `leave()` closes it and fails when there was any."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        size: str = "desktop",
        theme: str = "light",
        scripts: bool = True,
        role: str = "staff",
    ):
        self.url = url
        self.role = role
        self.troubles: list[str] = []
        self._context = browser.new_context(
            viewport=SIZES[size],
            color_scheme=theme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            locale="en-GB",
        )
        self._context.add_init_script(_TELL_VIOLATIONS)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("request", self._see)

    def sign_in(self) -> "Visitor":
        self.page.goto(f"{self.url}/login")
        self.page.get_by_label("E-mail address").fill(f"{self.role}@example.com")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.url}/")
        return self

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def number(self, label: str) -> int:
        """The number in the tile called `label`; 0 where there is no such tile."""
        tile = self.page.locator(".tile", has=self.page.get_by_text(label, exact=True)).locator(".tile-value")
        return int(tile.inner_text().replace(",", "")) if tile.count() else 0

    def accessibility_faults(self) -> str:
        """What axe finds, as a report; empty when there is nothing."""
        found = Axe().run(self.page)
        return found.generate_report() if found.violations_count else ""

    def sideways_overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def leave(self) -> None:
        self._context.close()
        assert not self.troubles, "\n".join(self.troubles)

    def _hear(self, message) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"{message.type} in the console of {self.page.url}: {message.text}")

    def _see(self, request) -> None:
        if not request.url.startswith((self.url + "/", "data:")):
            self.troubles.append(f"a request off the host: {request.url}")
