"""Asking for a processing run now."""

from flask import Blueprint

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.number import request_run
from campaign_app.web.access import requires
from campaign_app.web.api.answers import ProcessAnswer
from campaign_app.web.api.bodies import NoFields
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import read_body
from campaign_app.web.api.operations import operation

blueprint = Blueprint("process", __name__, url_prefix="/campaigns")


@blueprint.post("/process-daily")
@requires(Role.STAFF)
@operation("Process due campaigns now", ProcessAnswer, status=202, body=NoFields)
def process_daily():
    """Starts a run at once instead of at the next interval, under the same limits and the same single sender."""
    read_body(NoFields)
    return commit_once({"campaigns_due": request_run(utc_now())}, 202)
