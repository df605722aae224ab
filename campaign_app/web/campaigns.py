"""The list of campaigns, and the page of one: its numbers, why it waits, what failed, and its plan."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, current_app, render_template, request, url_for

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.message_values import values_of
from campaign_app.domain.roles import Role
from campaign_app.domain.template_needs import template_needs
from campaign_app.models.campaign import Campaign
from campaign_app.services.account_notices import open_notices
from campaign_app.services.analytics import day_figures, hour_figures
from campaign_app.services.audience import AudienceCount, count_audience
from campaign_app.services.audit_trail import history_of
from campaign_app.services.campaign_lists import SHOWN_STATES, count_by_state, list_campaigns
from campaign_app.services.campaign_stats import CampaignStats, campaign_stats
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.failures import failure_table
from campaign_app.services.forecast import forecast_from, forecast_of
from campaign_app.services.message_templates import find_template, snapshot
from campaign_app.services.preflight import blockers
from campaign_app.services.segments import names_in
from campaign_app.services.send_plans import plan_of
from campaign_app.services.send_schedule import schedule_days
from campaign_app.services.silence import LOOKED_BACK, silent_since
from campaign_app.services.unconfirmed import unconfirmed_of
from campaign_app.services.why_waiting import why_waiting
from campaign_app.web.access import requires
from campaign_app.web.audience_words import audience_words
from campaign_app.web.campaign_forecasts import forecast_words
from campaign_app.web.campaign_words import deed_words, window_words
from campaign_app.web.formatting import brief_time, short_day
from campaign_app.web.message_values import preview_of
from campaign_app.web.paging import whole_number

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")

PAGE = 25
CODES_SHOWN = 8  # of the failure table on the campaign's page
SCHEDULE_SHOWN = 14  # days


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    now = utc_now()
    state = request.args.get("status")
    state = state if state in SHOWN_STATES else None
    search = request.args.get("q", "").strip()[:100]
    offset = whole_number(request.args.get("from"), most=1_000_000)
    counts = count_by_state(search, now)
    total = counts[state] if state else sum(counts.values())
    return render_template(
        "campaigns/index.html",
        lines=list_campaigns(state, search, offset, PAGE, now),
        tabs=[
            (None, "All", sum(counts.values())),
            *((name, name.capitalize(), counts[name]) for name in SHOWN_STATES),
        ],
        state=state,
        search=search,
        offset=offset,
        total=total,
        page_size=PAGE,
    )


@blueprint.get("/<uuid:campaign_id>")
@requires(Role.VIEWER)
def show(campaign_id: UUID):
    now = utc_now()
    campaign = find_campaign(campaign_id)
    count = _count(campaign)
    days = schedule_days(campaign)
    return render_template(
        "campaigns/show.html",
        **_progress(campaign),
        count=count,
        blockers=blockers(campaign, count, now) if campaign.status == CampaignStatus.DRAFT else [],
        is_draft=campaign.status == CampaignStatus.DRAFT,
        is_scheduled=campaign.is_scheduled(now),
        audience=audience_words(campaign.target_audience, names_in(campaign.target_audience)),
        window=window_words(campaign),
        message=_message(campaign),
        forecast_words=_forecast_words(campaign, count, now),
        schedule=days[:SCHEDULE_SHOWN],
        schedule_left=len(days) - SCHEDULE_SHOWN,
        history=[(entry, deed_words(entry)) for entry in history_of("campaign", campaign.id)],
    )


@blueprint.get("/<uuid:campaign_id>/_progress")
@requires(Role.VIEWER)
def progress(campaign_id: UUID):
    """The parts of the page that move, rendered anew for the polling script."""
    return render_template("campaigns/_progress.html", **_progress(find_campaign(campaign_id)))


@blueprint.get("/<uuid:campaign_id>/schedule")
@requires(Role.VIEWER)
def schedule(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    return render_template("campaigns/schedule.html", campaign=campaign, schedule=schedule_days(campaign))


def _forecast_words(campaign: Campaign, count: AudienceCount | None, now: datetime) -> list[str]:
    """What would become of a draft that is launched now; nothing for others."""
    people = (count.reachable if count else 0) + campaign.messages_pending
    if campaign.status != CampaignStatus.DRAFT or not people:
        return []
    return forecast_words(forecast_of(campaign, now, people), campaign.scheduled_end_date, now)


def _progress(campaign: Campaign) -> dict:
    now = utc_now()
    is_sending = campaign.status == CampaignStatus.ACTIVE and campaign.messages_pending > 0
    plan = plan_of(campaign, now) if is_sending else None
    stats = campaign_stats(campaign, now, plan)
    figures = day_figures(campaign.id)
    hours = hour_figures(campaign.id)
    failures = failure_table(campaign.id)
    is_running = campaign.status in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED)
    is_fresh = is_running or (campaign.completed_at is not None and campaign.completed_at > now - LOOKED_BACK)
    return {
        "campaign": campaign,
        "stats": stats,
        "forecast": forecast_from(plan, campaign.messages_pending, now) if plan else None,
        "waiting": why_waiting(campaign, now),
        "notices": open_notices(now) if is_running else [],
        "silent_since": silent_since(now) if is_fresh else None,
        "unconfirmed": unconfirmed_of(campaign, now),
        "is_finished": campaign.status in (CampaignStatus.DRAFT, CampaignStatus.CANCELLED),
        "tiles": _tiles(campaign, stats),
        "days": figures,
        "hours": [figure for figure in hours if not figure.is_empty],
        "chart": _chart(figures, hours),
        "failures": failures[:CODES_SHOWN],
        "codes_left": len(failures) - CODES_SHOWN,
        "left_out": [row for row in failures if not row.retryable],
        "retryable": sum(row.failures for row in failures if row.retryable),
    }


def _tiles(campaign: Campaign, stats: CampaignStats) -> list[dict]:
    """The seed's numbers; each leads to the people whom it counts."""

    def tile(
        label: str, value: int, number: str | None, note: str | None = None, tone: str | None = None
    ) -> dict:
        address = url_for("recipients.index", campaign_id=campaign.id, status=number)
        return {"label": label, "value": value, "href": address, "note": note, "tone": tone}

    tiles = [
        tile("Recipients", stats.total_target, None),
        tile("Sent", stats.sent, "sent", "accepted by WhatsApp", "sent"),
        tile("Delivered", stats.delivered, "delivered", f"{stats.delivery_rate:.1f}% of sent", "delivered"),
        tile("Read", stats.read, "read", f"{stats.read_rate:.1f}% of delivered", "read"),
        tile("Failed", stats.failed, "failed", f"{stats.failure_rate:.1f}% of tried", "failed"),
        tile("Pending", stats.pending, "pending", "still to be sent"),
    ]
    if campaign.messages_replied:
        tiles.append(tile("Replied", campaign.messages_replied, "replied", "wrote back"))
    if stats.unconfirmed:
        tiles.append(tile("Not confirmed", stats.unconfirmed, "unconfirmed", "answer got lost", "warning"))
    if stats.skipped:
        tiles.append(tile("Skipped", stats.skipped, "skipped", "left out, with reasons"))
    return tiles


def _chart(figures, hours) -> dict:
    """The figures of the tables beneath the charts, as the script reads them."""
    return {
        "days": [short_day(figure.day) for figure in figures],
        "hours": [brief_time(figure.hour) for figure in hours],
        "counts": _counts(figures),
        "hourly": _counts(hours),
        "rates": [
            {
                "name": "delivered",
                "label": "Delivered, of sent",
                "values": [one.delivery_rate_to_date for one in figures],
            },
            {
                "name": "read",
                "label": "Read, of delivered",
                "values": [one.read_rate_to_date for one in figures],
            },
        ],
    }


def _counts(figures) -> list[dict]:
    return [
        {"name": name, "label": name.capitalize(), "values": [getattr(figure, name) for figure in figures]}
        for name in ("sent", "delivered", "read", "failed")
    ]


def _count(campaign: Campaign) -> AudienceCount | None:
    """How many the filter of a draft means now; after launch the recipients are frozen."""
    if campaign.status != CampaignStatus.DRAFT or not campaign.target_audience:
        return None
    try:
        return count_audience(campaign.target_audience, current_app.config["SETTINGS"].require_opt_in)
    except Invalid:
        return None


def _message(campaign: Campaign):
    """The preview: of the message template as frozen, or as it stands now; None when it is not known."""
    template = campaign.template_snapshot or snapshot(
        find_template(campaign.template_name, campaign.language_code)
    )
    if template is None:
        return None
    needs = template_needs(template["components"], template.get("parameter_format") or "POSITIONAL")
    return preview_of(template["components"], values_of(needs, campaign.template_components))
