"""Campaigns out of the way and back, one or many at once."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services import campaign_archive
from campaign_app.web.access import requires
from campaign_app.web.formatting import plural
from campaign_app.web.login import safe_path
from campaign_app.web.paging import read_id

blueprint = Blueprint("campaign_archives", __name__, url_prefix="/campaigns")


@blueprint.post("/archive")
@requires(Role.STAFF)
def archive():
    """Those chosen that have ended, or are drafts."""
    chosen = _chosen()
    moved = campaign_archive.archive(chosen, current_user.email, utc_now())
    db.session.commit()
    sentence = f"{plural(moved, 'campaign is', 'campaigns are')} archived."
    if moved < len(chosen):
        left = len(chosen) - moved
        sentence += f" {plural(left, 'other was', 'others were')} left where they are: only drafts and campaigns that have ended can be archived."
    return _back(sentence, bool(moved), bool(chosen))


@blueprint.post("/bring-back")
@requires(Role.STAFF)
def bring_back():
    chosen = _chosen()
    moved = campaign_archive.bring_back(chosen, current_user.email, utc_now())
    db.session.commit()
    return _back(
        f"{plural(moved, 'campaign is', 'campaigns are')} back in the list.", bool(moved), bool(chosen)
    )


def _chosen() -> list:
    return [found for text in request.form.getlist("campaign") if (found := read_id(text))][:500]


def _back(sentence: str, has_moved: bool, has_chosen: bool):
    if has_chosen:
        flash(sentence, "success" if has_moved else "warning")
    else:
        flash("Tick the campaigns first.", "warning")
    return redirect(
        safe_path(request.form.get("next")) if "next" in request.form else url_for("campaigns.index"), 303
    )
