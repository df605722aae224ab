"""A restored copy: what it knows, what it cannot know, and the button that lets it send again."""

from flask import Blueprint, flash, redirect, render_template
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.restored_copy import campaigns_at_stake, let_go_on, restored_copy
from campaign_app.web.access import requires

blueprint = Blueprint("restored_copy", __name__, url_prefix="/restored-copy")


@blueprint.get("")
@requires(Role.VIEWER)
def show():
    copy = restored_copy()
    at_stake = campaigns_at_stake(copy) if copy is not None else []
    return render_template("restored_copy/show.html", copy=copy, at_stake=at_stake)


@blueprint.post("/go-on")
@requires(Role.ADMIN)
def go_on():
    paused = let_go_on(current_user.email, utc_now())
    db.session.commit()
    words = "Sending is allowed again."
    if paused:
        campaigns = "1 campaign is" if paused == 1 else f"{paused} campaigns are"
        words += f" {campaigns} paused: resume each one for which a second message to some people may be."
    flash(words, "success")
    return redirect("/campaigns", 303)
