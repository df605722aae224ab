"""Lists of campaigns: by state, by words of the name, page by page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, or_, select, tuple_

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.tally import percentage
from campaign_app.extensions import db
from campaign_app.models.campaign import UNDER_WAY, Campaign

SCHEDULED = "scheduled"  # active, but its start is still to come: a state that is shown, not stored
ARCHIVED = "archived"  # out of the way, in whichever state
TESTS = "tests"  # messages tried out on one number, in whichever state: apart from the others
SHOWN_STATES = ("draft", SCHEDULED, "active", "paused", "completed", "cancelled")


@dataclass(frozen=True)
class CampaignLine:
    """One campaign of a list with its rates; `state` is one of SHOWN_STATES."""

    campaign: Campaign
    state: str
    progress_percentage: float
    delivery_rate: float
    read_rate: float
    failure_rate: float


def count_by_state(search: str, now: datetime) -> dict[str, int]:
    """How many campaigns are in each of SHOWN_STATES and, whatever their state, archived or tests: each once, all keys
    present."""
    state = case(
        (Campaign.is_test, TESTS),
        (_is_archived(), ARCHIVED),
        (_is_scheduled(now), SCHEDULED),
        else_=Campaign.status,
    )
    found = db.session.execute(select(state, func.count()).where(*_matching(search)).group_by(state)).all()
    return {name: dict(found).get(name, 0) for name in (*SHOWN_STATES, ARCHIVED, TESTS)}


def list_campaigns(
    state: str | None, search: str, offset: int, limit: int, now: datetime, order: str = "newest"
) -> list[CampaignLine]:
    """Campaigns in one of SHOWN_STATES, ARCHIVED or TESTS; None means all that are neither. `order` is one of ORDERS."""
    wanted = select(Campaign).where(*_matching(search), Campaign.is_test.is_(state == TESTS))
    if state != TESTS:
        wanted = wanted.where(_is_archived() if state == ARCHIVED else ~_is_archived())
    if state == SCHEDULED:
        wanted = wanted.where(_is_scheduled(now))
    elif state not in (None, ARCHIVED, TESTS):
        wanted = wanted.where(Campaign.status == state)
        if state == CampaignStatus.ACTIVE:
            wanted = wanted.where(~_is_scheduled(now))
    wanted = wanted.order_by(*ORDERS[order], Campaign.created_at.desc(), Campaign.id.desc())
    return [line_of(campaign, now) for campaign in db.session.scalars(wanted.offset(offset).limit(limit))]


def launched_campaigns(limit: int = 100) -> list[tuple[UUID, str]]:
    """(id, name) of the campaigns that were launched, the newest first, without tests."""
    launched = select(Campaign.id, Campaign.name).where(
        Campaign.launched_at.is_not(None), Campaign.is_test.is_(False)
    )
    rows = db.session.execute(launched.order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(limit))
    return [(campaign_id, name) for campaign_id, name in rows]


def newest_campaigns(status: str | None, after: tuple[datetime, UUID] | None, limit: int) -> list[Campaign]:
    """Campaigns in the stored state `status` (None: all), the newest first; `after` is (created_at, id) of the last one seen.
    Without tests."""
    ordinary = select(Campaign).where(Campaign.is_test.is_(False))
    wanted = ordinary.order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(limit)
    if status is not None:
        wanted = wanted.where(Campaign.status == status)
    if after is not None:
        created_at, campaign_id = after
        seen = tuple_(literal(created_at, Campaign.created_at.type), literal(campaign_id, Campaign.id.type))
        wanted = wanted.where(tuple_(Campaign.created_at, Campaign.id) < seen)
    return list(db.session.scalars(wanted))


def _share(part, whole) -> ColumnElement:
    """For sorting: campaigns that have no such rate come last."""
    return func.coalesce(part * 1.0 / func.nullif(whole, 0), -1)


ORDERS = {
    "newest": (),
    "oldest": (Campaign.created_at, Campaign.id),
    "name": (func.lower(Campaign.name),),
    "largest": (Campaign.total_target_customers.desc(),),
    "delivered": (_share(Campaign.messages_delivered, Campaign.messages_sent).desc(),),
    "read": (_share(Campaign.messages_read, Campaign.messages_delivered).desc(),),
    "failed": (_share(Campaign.messages_failed, Campaign.messages_sent + Campaign.messages_refused).desc(),),
}


def line_of(campaign: Campaign, now: datetime) -> CampaignLine:
    total = campaign.total_target_customers
    return CampaignLine(
        campaign=campaign,
        state=SCHEDULED if campaign.is_scheduled(now) else campaign.status,
        progress_percentage=percentage(total - campaign.messages_pending, total),
        delivery_rate=percentage(campaign.messages_delivered, campaign.messages_sent),
        read_rate=percentage(campaign.messages_read, campaign.messages_delivered),
        failure_rate=percentage(campaign.messages_failed, campaign.messages_sent + campaign.messages_refused),
    )


def _is_archived() -> ColumnElement[bool]:
    return Campaign.archived_at.is_not(None) & Campaign.status.not_in(UNDER_WAY)


def _is_scheduled(now: datetime) -> ColumnElement[bool]:
    start = Campaign.scheduled_start_date
    return (Campaign.status == CampaignStatus.ACTIVE) & start.is_not(None) & (start > now)


def _matching(search: str) -> list[ColumnElement[bool]]:
    """Every word of `search` occurs in the name or in the message template's name."""
    return [
        or_(
            Campaign.name.icontains(word, autoescape=True),
            Campaign.template_name.icontains(word, autoescape=True),
        )
        for word in search.split()[:8]
    ]
