"""What errors mean beyond the message that had them: opt-outs, campaigns to pause, a number to stop."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.retry_policy import Action
from campaign_app.domain.tally import NO_CODE
from campaign_app.extensions import db
from campaign_app.models.analytics import FailureCount
from campaign_app.models.campaign import Campaign
from campaign_app.services import audit
from campaign_app.services.number import stop_number
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.whatsapp.error_catalogue import CatalogueEntry

FRESH = timedelta(minutes=15)  # an older report of trouble says nothing about now


@dataclass
class Consequences:
    """Collected while a batch of messages is settled, carried out when it is saved."""

    _pauses: dict[tuple[UUID, int], tuple[CatalogueEntry, str]] = field(default_factory=dict)
    _times: Counter = field(default_factory=Counter)
    _stop: tuple[int | None, str] | None = None

    def add(
        self, message: dict, entry: CatalogueEntry, reason: str | None, at: datetime, now: datetime
    ) -> None:
        """Note what an error of `message` at `at` leads to."""
        reason = reason or "WhatsApp gave no reason"
        if entry.action is Action.OPT_OUT:
            record_opt_out(message["phone_number"], "meta", reason, "WhatsApp", at)
        elif at < now - FRESH:
            return
        elif entry.action is Action.STOP_NUMBER:
            self._stop = (entry.code, reason)
        elif entry.action is Action.PAUSE_CAMPAIGN:
            key = message["campaign_id"], NO_CODE if entry.code is None else entry.code
            self._pauses[key] = (entry, reason)
            self._times[key] += 1

    def carry_out(self, now: datetime) -> None:
        """Stop the number, pause the campaigns. The caller has saved the batch, and commits."""
        if self._stop is not None:
            stop_number(*self._stop, now)
        for (campaign_id, code), (entry, reason) in self._pauses.items():
            if entry.pause_after == 1 or self._has_had_enough(campaign_id, code, entry.pause_after):
                pause_campaign(campaign_id, f"WhatsApp refused the message: {reason}. {entry.advice}", now)

    def _has_had_enough(self, campaign_id: UUID, code: int, pause_after: int) -> bool:
        """Whether these failures make the next full `pause_after`: after a resume it takes as many again."""
        count = select(FailureCount.failures).where(
            FailureCount.campaign_id == campaign_id, FailureCount.code == code
        )
        failures = db.session.scalar(count) or 0
        return failures // pause_after > (failures - self._times[campaign_id, code]) // pause_after


def pause_campaign(campaign_id: UUID, reason: str, now: datetime) -> None:
    """Pause it, if it is active, and say why."""
    active = update(Campaign).where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.ACTIVE)
    paused = db.session.execute(
        active.values(status=CampaignStatus.PAUSED, status_reason=reason[:2000], updated_at=now)
    )
    if paused.rowcount:
        audit.record("the app", "campaign.paused", "campaign", campaign_id, {"reason": reason[:300]}, now)
