"""The home page: what runs, what needs attention, today against the limits."""

from flask import Blueprint, render_template

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.account_notices import open_notices
from campaign_app.services.campaign_lists import SHOWN_STATES, count_by_state, line_of
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.first_steps import first_steps
from campaign_app.services.forecast import estimated_completions
from campaign_app.services.number import messaging_limit
from campaign_app.services.overview import RATES_DAYS, figures, needing_attention, template_quality
from campaign_app.services.sending_queue import sending_queue
from campaign_app.services.why_waiting import why_waiting
from campaign_app.web.access import requires
from campaign_app.web.campaign_events import next_event

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
    queue = sending_queue(now)
    account, found = queue.account, figures(now)
    shown = sorted(queue.campaigns, key=lambda campaign: campaign.is_scheduled(now))[:RUNNING_SHOWN]
    last_days = estimated_completions(shown, now, queue)
    limit = messaging_limit(account.number)
    running = []
    for campaign in shown:
        line, waiting = line_of(campaign, now), why_waiting(campaign, now, queue)
        last_on = last_days[campaign.id]
        running.append((line, waiting, last_on, next_event(line, waiting, last_on)))
    return {
        "running": running,
        "more_running": len(queue.line) - len(shown),
        "campaigns": sum(counts[name] for name in SHOWN_STATES),
        "drafts": counts["draft"],
        "attention": needing_attention(),
        "number": account.number,
        "limit": limit,
        "limit_used": None if limit is None else sum(customers for _, customers in queue.spent),
        "notices": open_notices(now),
        "silent_since": account.silent_since,
        "sender_runs": account.sender_runs or not queue.line,
        "missing": missing_settings(),
        "figures": found,
        "rates_days": RATES_DAYS,
        "templates": template_quality(),
        "steps": first_steps(account, found),
        "is_finished": False,
    }
