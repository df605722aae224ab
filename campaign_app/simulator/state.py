"""Everything that one running simulator knows."""

from aiohttp import web

from .callbacks import Callbacks
from .kill_points import KillPoints
from .log import PostLog
from .payloads import encoded, envelope
from .settings import SimulatorSettings
from .templates import TemplateStore, status_webhook

TIER_SIZES = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
}


class Simulator:
    def __init__(self, settings: SimulatorSettings):
        self.first_settings = settings
        self.settings = settings
        self.templates = TemplateStore()
        self.log = PostLog()
        self.callbacks = Callbacks(settings)
        self.kill_points = KillPoints()
        self.handshake: str | None = None
        self.reset()

    def reset(self) -> None:
        """Back to the state of the start: settings, templates, log, queue."""
        self.change(self.first_settings)
        self.templates.reset()
        self.log.reset()
        self.callbacks.reset()
        self.kill_points.reset()
        self.refused_before: set[tuple[str, str]] = set()
        self.last_inbound_at: dict[str, float] = {}
        self.media: dict[str, dict] = {}
        self.is_subscribed = True
        self.redirects_followed = 0

    def change(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.callbacks.settings = settings

    async def tell(self, field: str, value: dict) -> int:
        """Send one webhook of a field other than statuses and return the HTTP status it got."""
        if not self.settings.webhook_url:
            return 0
        status, _ = await self.callbacks.post_now(encoded(envelope(field, value, self.settings)))
        return status

    async def tell_template_status(self, template: dict) -> int:
        return await self.tell("message_template_status_update", status_webhook(template))

    async def tell_messaging_limit(self, former: str) -> None:
        """The webhooks that tell of a new messaging limit; the second needs a number, unlimited has none."""
        tier = self.settings.messaging_limit
        grows = TIER_SIZES.get(tier, 10**9) >= TIER_SIZES.get(former, 10**9)
        quality = {
            "display_phone_number": self.settings.display_phone_number,
            "event": "UPGRADE" if grows else "DOWNGRADE",
            "current_limit": tier,
            "old_limit": former,
            "max_daily_conversations_per_business": tier,
        }
        await self.tell("phone_number_quality_update", quality)
        if tier in TIER_SIZES:
            capability = {
                "max_daily_conversations_per_business": TIER_SIZES[tier],
                "max_phone_numbers_per_business": 2,
            }
            await self.tell("business_capability_update", capability)


SIMULATOR = web.AppKey("simulator", Simulator)
