"""The verbs of a campaign: launch, pause, resume, cancel, clone, retry the failed."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid, Refused
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services import launch as launching
from campaign_app.services import lifecycle, unconfirmed
from campaign_app.services.campaigns import clone_campaign, find_campaign
from campaign_app.services.follow_ups import WHO, follow_up
from campaign_app.services.retries import retry_failed as queue_failed_again
from campaign_app.web.access import requires
from campaign_app.web.campaign_failures import chosen_code
from campaign_app.web.formatting import error_code, number, plural

blueprint = Blueprint("campaign_lifecycle", __name__, url_prefix="/campaigns/<uuid:campaign_id>")


@blueprint.post("/launch")
@requires(Role.STAFF)
def launch(campaign_id: UUID):
    if "ask" in request.form and "seen" not in request.form:
        flash("There are warnings: tick that you have seen them, then launch.", "warning")
        return redirect(url_for("campaign_checks.show", campaign_id=campaign_id), 303)
    return _move(launching.launch, campaign_id, "The campaign is launched.")


@blueprint.post("/pause")
@requires(Role.STAFF)
def pause(campaign_id: UUID):
    return _move(
        lifecycle.pause,
        campaign_id,
        "The campaign is paused. What is on its way is finished; nothing new leaves.",
    )


@blueprint.post("/resume")
@requires(Role.STAFF)
def resume(campaign_id: UUID):
    return _move(lifecycle.resume, campaign_id, "The campaign goes on.")


@blueprint.post("/cancel")
@requires(Role.STAFF)
def cancel(campaign_id: UUID):
    return _move(lifecycle.cancel, campaign_id, "The campaign is cancelled.")


@blueprint.post("/clone")
@requires(Role.STAFF)
def clone(campaign_id: UUID):
    """A copy for the same audience or, with `to`, for those who failed, did not read or did not reply."""
    if who := request.form.get("to"):
        return _follow_up(campaign_id, who)
    copy = clone_campaign(find_campaign(campaign_id), current_user.email, utc_now())
    db.session.commit()
    flash(
        "This is the copy: a draft with the same message and audience. Set its dates, then launch it.",
        "success",
    )
    return redirect(url_for("campaign_messages.edit", campaign_id=copy.id), 303)


def _follow_up(campaign_id: UUID, who: str):
    try:
        copy = follow_up(find_campaign(campaign_id), who, current_user.email, utc_now())
    except (Conflict, Invalid) as refusal:
        return _refused(campaign_id, refusal)
    db.session.commit()
    flash(
        f"This is the follow-up: a draft for those who {WHO[who][0]}. Change the message if you like.",
        "success",
    )
    return redirect(url_for("campaign_messages.edit", campaign_id=copy.id), 303)


@blueprint.post("/retry-failed")
@requires(Role.STAFF)
def retry_failed(campaign_id: UUID):
    try:
        only = chosen_code(request.form.get("code"))
        retried = queue_failed_again(campaign_id, current_user.email, utc_now(), only)
    except Conflict as conflict:
        return _refused(campaign_id, conflict)
    db.session.commit()
    left = " ".join(
        f"{number(row.failures)} × {error_code(row.code)} {row.title} ({row.reason})" for row in retried.left
    )
    sentence = f"{plural(retried.requeued, 'person is', 'people are')} queued again."
    if left:
        sentence += f" Left out, because another try cannot help: {left}"
    flash(sentence, "success" if retried.requeued else "warning")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


@blueprint.post("/send-again")
@requires(Role.STAFF)
def send_again(campaign_id: UUID):
    """The messages whose answer got lost, once their webhook had its time."""
    return _decide(unconfirmed.send_again, campaign_id, "queued again")


@blueprint.post("/give-up")
@requires(Role.STAFF)
def give_up(campaign_id: UUID):
    return _decide(unconfirmed.give_up, campaign_id, "counted as failed")


@blueprint.post("/recipients/<uuid:recipient_id>/send-again")
@requires(Role.STAFF)
def send_one_again(campaign_id: UUID, recipient_id: UUID):
    return _decide(unconfirmed.send_again, campaign_id, "queued again", recipient_id)


@blueprint.post("/recipients/<uuid:recipient_id>/give-up")
@requires(Role.STAFF)
def give_one_up(campaign_id: UUID, recipient_id: UUID):
    return _decide(unconfirmed.give_up, campaign_id, "counted as failed", recipient_id)


def _decide(decision, campaign_id: UUID, outcome: str, recipient_id: UUID | None = None):
    """For one recipient, and back to the list of those who are left; or for all of them."""
    try:
        people = decision(campaign_id, recipient_id, current_user.email, utc_now())
    except Conflict as conflict:
        return _refused(campaign_id, conflict)
    db.session.commit()
    if people:
        flash(f"{plural(people, 'person is', 'people are')} {outcome}.", "success")
    else:
        flash("Nothing was left to decide: WhatsApp reported meanwhile, or somebody else decided.", "warning")
    if recipient_id is not None:
        return redirect(url_for("recipients.index", campaign_id=campaign_id, status="unconfirmed"), 303)
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


def _move(verb, campaign_id: UUID, sentence: str):
    actor = current_user.email  # read before: the verb may end the transaction
    try:
        verb(campaign_id, actor, utc_now())
    except Conflict as conflict:
        return _refused(campaign_id, conflict)
    db.session.commit()
    flash(sentence, "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)


def _refused(campaign_id: UUID, conflict: Refused):
    """Back to the campaign's page, with the reason: there is what helps."""
    db.session.rollback()
    flash(conflict.sentence, "danger")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)
