"""The number that sends: whether it is stopped, and letting it go on."""

from flask import Blueprint

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.number import resume_number, sending_number
from campaign_app.web.access import requires
from campaign_app.web.api.answers import NumberAnswer
from campaign_app.web.api.authentication import actor
from campaign_app.web.api.bodies import NoFields
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import read_body
from campaign_app.web.api.json_output import json_answer
from campaign_app.web.api.operations import operation
from campaign_app.web.api.representation import number_json

blueprint = Blueprint("number", __name__, url_prefix="/number")


@blueprint.get("")
@requires(Role.VIEWER)
@operation("Show the sending number", NumberAnswer)
def show():
    return json_answer(number_json(sending_number()))


@blueprint.post("/resume")
@requires(Role.STAFF)
@operation("Let the number send again", NumberAnswer, body=NoFields)
def resume():
    """After WhatsApp stopped it for a reason of the whole account. If WhatsApp still refuses, it stops once more."""
    read_body(NoFields)
    resume_number(actor(), utc_now())
    return commit_once(number_json(sending_number()))
