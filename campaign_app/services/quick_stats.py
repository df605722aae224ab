"""A token and a campaign's numbers by one statement, for programs that ask again and again."""

import threading
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, bindparam, select, true

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken
from campaign_app.models.campaign import Campaign
from campaign_app.services.api_tokens import TokenInUse, sha256_of
from campaign_app.services.campaign_stats import CampaignStats, stats_from
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.forecast import estimated_completion_on

FORECAST_HOLDS = timedelta(seconds=1)
MOST_FORECASTS = 1000  # of a process

_TOKEN, _CAMPAIGN = ApiToken.__table__, Campaign.__table__
_OF_TOKEN = ("id", "name", "role", "last_used_at")
_OF_CAMPAIGN = (
    "id", "name", "status", "total_target_customers", "messages_sent", "messages_delivered", "messages_read", "messages_failed",
    "messages_refused", "messages_pending", "messages_unconfirmed", "recipients_skipped", "completed_at", "updated_at",
)  # fmt: skip
# Made once: building a statement takes longer than running this one.
_BOTH = (
    select(
        *(_CAMPAIGN.c[name] for name in _OF_CAMPAIGN),
        *(_TOKEN.c[name].label(f"token_{name}") for name in _OF_TOKEN),
    )
    .select_from(_TOKEN.join(_CAMPAIGN, true()))
    .where(
        _TOKEN.c.token_sha256 == bindparam("sha256"),
        _TOKEN.c.revoked_at.is_(None),
        _CAMPAIGN.c.id == bindparam("campaign_id"),
    )
)

Told = tuple[tuple, datetime, date | None]  # the campaign's columns, when, the day

_telling = threading.Lock()
_told: dict[UUID, Told] = {}


def quick_stats(plain: str, campaign_id: UUID, now: datetime) -> tuple[TokenInUse, CampaignStats] | None:
    """Whose token it is, and the numbers; None where the token is not in use or there is no such campaign."""
    with db.engine.connect() as connection:
        row = connection.execute(_BOTH, {"sha256": sha256_of(plain), "campaign_id": campaign_id}).first()
    if row is None:
        return None
    token = TokenInUse(row.token_id, row.token_name, Role(row.token_role), row.token_last_used_at)
    return token, stats_from(row, _ends_on(row, now))


def _ends_on(row: Row, now: datetime) -> date | None:
    """The day depends on all that is under way, and takes a plan to tell. One that was told for these very counters is told
    again for FORECAST_HOLDS."""
    if not (row.status == CampaignStatus.ACTIVE and row.messages_pending > 0):
        return estimated_completion_on(row, now)
    counters, known = tuple(row[: len(_OF_CAMPAIGN)]), _told.get(row.id)
    if known is None or known[0] != counters:
        known = _tell(row.id, counters, now)
    elif not timedelta(0) <= now - known[1] < FORECAST_HOLDS and _telling.acquire(blocking=False):
        try:  # one tells it anew, the others go on with what is known
            known = _tell(row.id, counters, now)
        finally:
            _telling.release()
    return known[2]


def _tell(campaign_id: UUID, counters: tuple, now: datetime) -> Told:
    if len(_told) > MOST_FORECASTS:
        _told.clear()
    ends_on = estimated_completion_on(find_campaign(campaign_id), now)
    db.session.rollback()
    told = _told[campaign_id] = (counters, now, ends_on)
    return told
