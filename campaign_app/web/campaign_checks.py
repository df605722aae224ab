"""The page before a launch: what keeps it back, who gets it, what to mind; and a test to one's own number."""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.message_values import values_of
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.campaigns import delete_draft, find_campaign
from campaign_app.services.customers import read_number
from campaign_app.services.launch import launch
from campaign_app.services.message_templates import needs_of
from campaign_app.services.preflight import preflight
from campaign_app.services.sample_messages import customer_texts, filled_where_known, make_test, samples_of
from campaign_app.services.segments import names_in
from campaign_app.services.sending_queue import sending_queue
from campaign_app.web.access import requires
from campaign_app.web.audience_words import audience_words
from campaign_app.web.campaign_words import window_words
from campaign_app.web.message_values import preview_of
from campaign_app.web.paging import read_id

blueprint = Blueprint("campaign_checks", __name__, url_prefix="/campaigns/<uuid:campaign_id>")


@blueprint.get("/launch")
@requires(Role.STAFF)
def show(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    if not campaign.may("launch"):
        return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)
    return _page(campaign, None)


@blueprint.post("/test-send")
@requires(Role.STAFF)
def test_send(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    actor, now = current_user.email, utc_now()
    try:
        number = read_number(request.form.get("phone_number"), current_app.config["SETTINGS"].default_country)
        test = make_test(campaign, number, actor, now)
    except Invalid as fault:
        return _refused(campaign_id, fault.sentence)
    db.session.commit()
    test_id = test.id
    try:
        launch(test_id, actor, now)
    except Conflict as conflict:
        db.session.rollback()
        delete_draft(find_campaign(test_id), actor, now)
        db.session.commit()
        return _refused(campaign_id, conflict.sentence)
    db.session.commit()
    flash(
        "The test is on its way. It is counted here alone, and listed under “Tests”; the draft waits unchanged.",
        "success",
    )
    return redirect(url_for("campaigns.show", campaign_id=test_id), 303)


def _refused(campaign_id: UUID, sentence: str):
    db.session.rollback()
    with reading():  # the page counts the audience: no sender waits for that
        return _page(find_campaign(campaign_id), sentence), 422


def _page(campaign: Campaign, test_fault: str | None) -> str:
    now, samples = utc_now(), samples_of(campaign)
    queue = sending_queue(now)
    check = preflight(campaign, now, queue)
    wanted = read_id(request.args.get("person"))
    person = next((one for one in samples if one.id == wanted), samples[0] if samples else None)
    return render_template(
        "campaign_checks/show.html",
        campaign=campaign,
        check=check,
        audience=audience_words(campaign.target_audience, names_in(campaign.target_audience)),
        window=window_words(campaign),
        message=_message(campaign, check.template, person),
        person=person,
        samples=samples,
        test_fault=test_fault,
        test_number=request.form.get("phone_number", ""),
    )


def _message(campaign: Campaign, template: MessageTemplate | None, person: Customer | None):
    """The message with the values of `person`; None where the message template is not known."""
    if template is None:
        return None
    values = values_of(needs_of(template), campaign.template_components)
    texts = customer_texts(person)
    return preview_of(template.components, filled_where_known(values, texts) if person else values)
