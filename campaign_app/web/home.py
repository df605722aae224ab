"""The home page: what runs, what needs attention, today against the limits."""

from flask import Blueprint, render_template

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.account_notices import open_notices
from campaign_app.services.campaign_lists import count_by_state, running_campaigns
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.forecast import estimated_completions
from campaign_app.services.number import messaging_limit, sending_number
from campaign_app.services.overview import RATES_DAYS, needing_attention, rates_to_date, sent_today
from campaign_app.services.silence import silent_since
from campaign_app.services.why_waiting import why_waiting
from campaign_app.web.access import requires

blueprint = Blueprint("home", __name__)

RUNNING_SHOWN = 5


@blueprint.get("/")
@requires(Role.VIEWER)
def index():
    return render_template("home/index.html", **_overview())


@blueprint.get("/_overview")
@requires(Role.VIEWER)
def overview():
    """The same again for the polling script."""
    return render_template("home/_overview.html", **_overview())


def _overview() -> dict:
    now = utc_now()
    counts = count_by_state("", now)
    number = sending_number()
    lines = running_campaigns(now, RUNNING_SHOWN)
    completions = estimated_completions([line.campaign for line in lines], now)
    return {
        "running": [(line, why_waiting(line.campaign, now), completions[line.campaign.id]) for line in lines],
        "more_running": counts["active"] + counts["scheduled"] - len(lines),
        "counts": counts,
        "attention": needing_attention(),
        "number": number,
        "limit": messaging_limit(number),
        "notices": open_notices(now),
        "silent_since": silent_since(now),
        "missing": missing_settings(),
        "sent_today": sent_today(now),
        "rates": rates_to_date(now),
        "rates_days": RATES_DAYS,
        "is_finished": False,
    }
