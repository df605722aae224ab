"""How a campaign goes: its numbers, its failures, its plan, its days."""

from uuid import UUID

from flask import Blueprint

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.analytics import daily_analytics
from campaign_app.services.campaign_stats import campaign_stats
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.failures import failure_table
from campaign_app.services.send_schedule import schedule_days
from campaign_app.web.access import requires
from campaign_app.web.api.answers import (
    AnalyticsDayAnswer,
    FailureAnswer,
    Page,
    ScheduleDayAnswer,
    StatsAnswer,
)
from campaign_app.web.api.json_output import tagged_answer
from campaign_app.web.api.operations import operation
from campaign_app.web.api.paging import WholeQuery, part_of, read_query
from campaign_app.web.api.representation import analytics_day_json, failure_json, schedule_day_json

blueprint = Blueprint("stats", __name__, url_prefix="/campaigns/<uuid:campaign_id>")


@blueprint.get("/stats")
@requires(Role.VIEWER)
@operation("Numbers of a campaign", StatsAnswer, tagged=True)
def show(campaign_id: UUID):
    """`progress_percentage` is what is no longer pending, of all; `delivery_rate` delivered of sent; `read_rate` read of
    delivered; `failure_rate` failed of all that were tried."""
    return tagged_answer(campaign_stats(find_campaign(campaign_id), utc_now()).as_json())


@blueprint.get("/failures")
@requires(Role.VIEWER)
@operation("Failures by error code", Page[FailureAnswer], query=WholeQuery, tagged=True)
def failures(campaign_id: UUID):
    """Why messages failed and what helps, the most frequent first."""
    query = read_query(WholeQuery)
    rows = failure_table(find_campaign(campaign_id).id)
    return tagged_answer(part_of([failure_json(row) for row in rows], query))


@blueprint.get("/schedule")
@requires(Role.VIEWER)
@operation("Daily batches", Page[ScheduleDayAnswer], query=WholeQuery, tagged=True)
def schedule(campaign_id: UUID):
    """Every day of the plan, past and coming."""
    query = read_query(WholeQuery)
    days = schedule_days(find_campaign(campaign_id))
    return tagged_answer(part_of([schedule_day_json(day) for day in days], query))


@blueprint.get("/analytics")
@requires(Role.VIEWER)
@operation("Daily aggregates", Page[AnalyticsDayAnswer], query=WholeQuery, tagged=True)
def analytics(campaign_id: UUID):
    """What was sent, delivered, read and failed on each business day, in the order of days."""
    query = read_query(WholeQuery)
    days = daily_analytics(find_campaign(campaign_id).id)
    return tagged_answer(part_of([analytics_day_json(day) for day in days], query))
