"""The list of campaigns, and the page of one: its numbers, why it waits, what failed, and its plan."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, current_app, render_template, request

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day, utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.message_values import values_of
from campaign_app.domain.roles import Role
from campaign_app.domain.template_needs import template_needs
from campaign_app.models.campaign import UNDER_WAY, Campaign
from campaign_app.services.account_notices import open_notices
from campaign_app.services.audience import AudienceCount, count_audience
from campaign_app.services.audit_trail import history_of
from campaign_app.services.campaign_days import CampaignDays, campaign_days
from campaign_app.services.campaign_lists import (
    ARCHIVED,
    ORDERS,
    SHOWN_STATES,
    TESTS,
    CampaignLine,
    count_by_state,
    list_campaigns,
)
from campaign_app.services.campaign_stats import campaign_stats
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.failures import failure_table
from campaign_app.services.forecast import estimated_completions, forecast_from, forecast_of
from campaign_app.services.left_open import left_open
from campaign_app.services.message_templates import find_template, snapshot
from campaign_app.services.preflight import blockers
from campaign_app.services.segments import names_in
from campaign_app.services.send_plans import plan_of
from campaign_app.services.sending_queue import SendingQueue, sending_queue
from campaign_app.services.silence import LOOKED_BACK
from campaign_app.services.why_waiting import why_waiting
from campaign_app.web.access import requires
from campaign_app.web.audience_words import audience_words
from campaign_app.web.calendars import calendar_weeks, weeks_around
from campaign_app.web.campaign_events import NextEvent, next_event
from campaign_app.web.campaign_figures import chart_of, tiles_of
from campaign_app.web.campaign_forecasts import forecast_words
from campaign_app.web.campaign_words import deed_words, window_words
from campaign_app.web.message_values import preview_of
from campaign_app.web.paging import whole_number

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")

PAGE = 25
CODES_SHOWN = 8  # of the failure table on the campaign's page
WEEKS_SHOWN = 4  # of the calendar


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    now = utc_now()
    state = request.args.get("status")
    state = state if state in (*SHOWN_STATES, ARCHIVED, TESTS) else None
    search = request.args.get("q", "").strip()[:100]
    order = request.args.get("sort")
    order = order if order in ORDERS else "newest"
    offset = whole_number(request.args.get("from"), most=1_000_000)
    counts = count_by_state(search, now)
    all_shown = sum(counts[name] for name in SHOWN_STATES)
    lines = list_campaigns(state, search, offset, PAGE, now, order)
    return render_template(
        "campaigns/index.html",
        lines=_with_events(lines, now),
        tabs=[
            (None, "All", all_shown),
            *((name, name.capitalize(), counts[name]) for name in (*SHOWN_STATES, ARCHIVED, TESTS)),
        ],
        state=state,
        search=search,
        order=order,
        offset=offset,
        total=counts[state] if state else all_shown,
        nothing_yet=not sum(counts.values()) and not search,
        page_size=PAGE,
    )


@blueprint.get("/<uuid:campaign_id>")
@requires(Role.VIEWER)
def show(campaign_id: UUID):
    now = utc_now()
    campaign = find_campaign(campaign_id)
    queue = sending_queue(now)
    history = [(entry, deed_words(entry)) for entry in history_of("campaign", campaign.id)]
    audience = audience_words(campaign.target_audience, names_in(campaign.target_audience))
    common = {"audience": audience, "window": window_words(campaign), "history": history}
    if campaign.status == CampaignStatus.DRAFT:
        return render_template("campaigns/draft.html", **common, **_draft(campaign, queue, now))
    days = campaign_days(campaign.id)
    today = business_day(now, current_app.config["SETTINGS"].zone)
    weeks = calendar_weeks(days.plan, today)
    shown = weeks_around(weeks, today, WEEKS_SHOWN)
    return render_template(
        "campaigns/show.html",
        **common,
        **_progress(campaign, queue, days, now),
        is_scheduled=campaign.is_scheduled(now),
        message=_message(
            campaign,
            campaign.template_snapshot
            or snapshot(find_template(campaign.template_name, campaign.language_code)),
        ),
        weeks=shown,
        weeks_left=len(weeks) - len(shown),
    )


@blueprint.get("/<uuid:campaign_id>/_progress")
@requires(Role.VIEWER)
def progress(campaign_id: UUID):
    """The parts of the page that move, rendered anew for the polling script."""
    now = utc_now()
    campaign = find_campaign(campaign_id)
    moved = _progress(campaign, sending_queue(now), campaign_days(campaign.id), now)
    return render_template("campaigns/_progress.html", **moved)


@blueprint.get("/<uuid:campaign_id>/schedule")
@requires(Role.VIEWER)
def schedule(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    plan = campaign_days(campaign.id).plan
    today = business_day(utc_now(), current_app.config["SETTINGS"].zone)
    return render_template(
        "campaigns/schedule.html", campaign=campaign, weeks=calendar_weeks(plan, today), schedule=plan
    )


def _with_events(lines: list[CampaignLine], now: datetime) -> list[tuple[CampaignLine, NextEvent]]:
    """Each with what happens next; the queue is read where one of them is under way."""
    active = [line.campaign for line in lines if line.campaign.status == CampaignStatus.ACTIVE]
    if not active:
        return [(line, next_event(line, None, None)) for line in lines]
    queue = sending_queue(now)
    last_days = estimated_completions(active, now, queue)
    return [
        (
            line,
            next_event(line, why_waiting(line.campaign, now, queue), last_days.get(line.campaign.id)),
        )
        for line in lines
    ]


def _draft(campaign: Campaign, queue: SendingQueue, now: datetime) -> dict:
    """What stands in the way of a draft, and what would become of it if it were launched now."""
    count = _count(campaign)
    template = find_template(campaign.template_name, campaign.language_code)
    people = (count.reachable if count else 0) + campaign.messages_pending
    forecast = forecast_of(campaign, now, people, queue) if people else None
    return {
        "campaign": campaign,
        "count": count,
        "blockers": blockers(campaign, count, now, template),
        "forecast_words": forecast_words(forecast, campaign.scheduled_end_date, now),
        "message": _message(campaign, snapshot(template)),
    }


def _progress(campaign: Campaign, queue: SendingQueue, days: CampaignDays, now: datetime) -> dict:
    is_sending = campaign.status == CampaignStatus.ACTIVE and campaign.messages_pending > 0
    plan = plan_of(campaign, now, queue=queue) if is_sending else None
    stats = campaign_stats(campaign, now, plan)
    failures = failure_table(campaign.id)
    is_running = campaign.status in UNDER_WAY
    is_fresh = is_running or (campaign.completed_at is not None and campaign.completed_at > now - LOOKED_BACK)
    left = left_open(campaign, now)
    return {
        "campaign": campaign,
        "stats": stats,
        "forecast": forecast_from(plan, campaign.messages_pending, now) if plan else None,
        "waiting": why_waiting(campaign, now, queue),
        "notices": open_notices(now) if is_running else [],
        "silent_since": queue.account.silent_since if is_fresh else None,
        "unconfirmed": left.unconfirmed,
        "left": left,
        "is_finished": campaign.status == CampaignStatus.CANCELLED,
        "tiles": tiles_of(campaign, stats),
        "days": days.figures,
        "hours": [figure for figure in days.hours if not figure.is_empty],
        "chart": chart_of(days.figures, days.hours),
        "failures": failures[:CODES_SHOWN],
        "codes_left": len(failures) - CODES_SHOWN,
        "left_out": [row for row in failures if not row.retryable],
        "retryable": sum(row.failures for row in failures if row.retryable),
    }


def _count(campaign: Campaign) -> AudienceCount | None:
    """How many the filter of a draft means now; after launch the recipients are frozen."""
    if not campaign.target_audience:
        return None
    try:
        return count_audience(campaign.target_audience, current_app.config["SETTINGS"].require_opt_in)
    except Invalid:
        return None


def _message(campaign: Campaign, template: dict | None):
    """The preview with the message template as frozen, or as it stands now; None when it is not known."""
    if template is None:
        return None
    needs = template_needs(template["components"], template.get("parameter_format") or "POSITIONAL")
    return preview_of(template["components"], values_of(needs, campaign.template_components))
