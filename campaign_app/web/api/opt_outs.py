"""Opt-outs: who must not be written to. Recording, lifting, listing."""

from uuid import UUID

from flask import Blueprint, Response, current_app
from pydantic import BaseModel, ConfigDict, Field

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.opt_out import OptOut
from campaign_app.services.audit import record
from campaign_app.services.opt_outs import holding_opt_outs, lift_opt_out, list_opt_outs, record_opt_out
from campaign_app.web.access import requires
from campaign_app.web.api.answers import OptOutAnswer, OptOutKind, Page
from campaign_app.web.api.authentication import actor
from campaign_app.web.api.bodies import NewOptOut, OwnKind
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import read_body
from campaign_app.web.api.json_output import json_answer
from campaign_app.web.api.operations import operation
from campaign_app.web.api.paging import PageQuery, read_cursor, read_query, write_cursor
from campaign_app.web.api.phone_numbers import known_number
from campaign_app.web.api.representation import opt_out_json

blueprint = Blueprint("opt_outs", __name__, url_prefix="/opt-outs")


class OptOutsQuery(PageQuery):
    kind: OptOutKind | None = Field(None, description="Only those of this kind.")


class LiftQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: OwnKind = Field("ours", description="Which kind ends; the other kinds of the number stay.")


@blueprint.post("")
@requires(Role.STAFF)
@operation("Record an opt-out", OptOutAnswer, status=201, body=NewOptOut, answers_too=(200,))
def create():
    """Holds at once, also for campaigns that are being sent. 200 when it held already."""
    body, now = read_body(NewOptOut), utc_now()
    number = _number(body.phone_number)
    is_new = record_opt_out(number, body.kind, body.reason, actor(), now)
    opt_out = _holding(number, body.kind)
    if is_new:
        record(actor(), "opt_out.recorded", "opt_out", opt_out.id, {"kind": body.kind}, now)
    return commit_once(opt_out_json(opt_out), 201 if is_new else 200)


@blueprint.get("")
@requires(Role.VIEWER)
@operation("List opt-outs", Page[OptOutAnswer], query=OptOutsQuery)
def index():
    """Those that hold, the latest first."""
    query = read_query(OptOutsQuery)
    after = read_cursor(query.cursor, UUID)[0] if query.cursor else None
    found = list_opt_outs(query.kind, after, query.limit)
    next_cursor = write_cursor([found.next_after]) if found.next_after else None
    return json_answer({"items": [opt_out_json(row) for row in found.opt_outs], "next_cursor": next_cursor})


@blueprint.delete("/<phone:phone_number>")
@requires(Role.STAFF)
@operation("Lift an opt-out", None, status=204, query=LiftQuery, conflicts=True)
def lift(phone_number: str):
    """One kind never lifts another; whoever stopped in WhatsApp can only start again there."""
    query, now = read_query(LiftQuery), utc_now()
    number = known_number(phone_number)
    opt_out = _holding(number, query.kind) if number else None
    if opt_out is None:
        raise _nothing_to_lift(number, query.kind)
    lift_opt_out(number, query.kind, now)
    record(actor(), "opt_out.lifted", "opt_out", opt_out.id, {"kind": query.kind}, now)
    db.session.commit()
    return Response(status=204)


def _number(text: str) -> str:
    try:
        return parse_phone(text, current_app.config["SETTINGS"].default_country)
    except Invalid as error:
        raise Invalid(error.sentence, {"phone_number": [error.sentence]}) from None


def _holding(number: str, kind: str) -> OptOut | None:
    return next((row for row in holding_opt_outs(number) if row.kind == kind), None)


def _nothing_to_lift(number: str | None, kind: str) -> NotFound | Conflict:
    kinds = [row.kind for row in holding_opt_outs(number)] if number else []
    if not kinds:
        return NotFound("No opt-out holds for this number.")
    if "meta" in kinds:
        return Conflict(
            "The person stopped marketing messages in WhatsApp, and can only start them again there."
        )
    return Conflict(
        f"No opt-out of the kind {kind} holds for this number, but one of the kind {', '.join(kinds)}."
    )
