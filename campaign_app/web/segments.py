"""Segments: named filters built with form controls, with a live count and a sample of the people."""

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.segment import Segment
from campaign_app.services.audience import count_audience, sample_of
from campaign_app.services.audience_choices import audience_choices
from campaign_app.services.campaign_lists import launched_campaigns
from campaign_app.services.customer_lists import latest_attribute_names
from campaign_app.services.segments import (
    all_segments,
    delete_segment,
    find_segment,
    names_in,
    save_segment,
)
from campaign_app.web.access import requires
from campaign_app.web.audience_words import audience_words
from campaign_app.web.segment_rows import (
    COLUMNS,
    DEED_WORDS,
    OPERATORS,
    Builder,
    builder_of,
    read_builder,
)

blueprint = Blueprint("segments", __name__, url_prefix="/segments")

SAMPLE = 5


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    segments = all_segments()
    names = names_in(*(segment.filter for segment in segments))
    segments = [(segment, audience_words(segment.filter, names)) for segment in segments]
    return render_template("segments/index.html", segments=segments)


@blueprint.get("/new")
@requires(Role.STAFF)
def new():
    return _page(None, "", Builder())


@blueprint.get("/<uuid:segment_id>")
@requires(Role.VIEWER)
def show(segment_id: UUID):
    segment = find_segment(segment_id)
    return _page(segment, segment.name, builder_of(segment.filter), json_text=_written(segment.filter))


@blueprint.post("/new")
@requires(Role.STAFF)
def create():
    return _save(None)


@blueprint.post("/<uuid:segment_id>")
@requires(Role.STAFF)
def save(segment_id: UUID):
    return _save(find_segment(segment_id))


@blueprint.post("/<uuid:segment_id>/delete")
@requires(Role.STAFF)
def delete(segment_id: UUID):
    segment = find_segment(segment_id)
    try:
        delete_segment(segment, current_user.email, utc_now())
    except Conflict as conflict:
        db.session.rollback()
        flash(conflict.sentence, "danger")
        return redirect(url_for("segments.show", segment_id=segment_id), 303)
    db.session.commit()
    flash("The segment is deleted. Campaigns that were launched with it keep their people.", "success")
    return redirect(url_for("segments.index"), 303)


@blueprint.post("/_count")
@requires(Role.STAFF)
def count():
    """How many people the form means as it stands, with some of them."""
    db.session.rollback()  # this POST only reads: no sender waits for a long count
    with reading():
        return render_template("segments/_count.html", **_counted(*_typed()))


def _save(segment: Segment | None):
    name = request.form.get("name", "")
    builder, json_text = _typed()
    if "step" in request.form or "remove" in request.form:
        builder = builder.with_group() if builder and request.form.get("step") == "group" else builder
        return _page(segment, name, builder, json_text=json_text)
    try:
        saved = save_segment(segment, name, _filter(builder, json_text), current_user.email, utc_now())
    except Invalid as fault:
        db.session.rollback()
        return _page(segment, name, builder, fault.fields or {"filter": [fault.sentence]}, json_text), 422
    db.session.commit()
    flash("The segment is saved. Choose it as the audience of a campaign.", "success")
    return redirect(url_for("segments.show", segment_id=saved.id), 303)


def _typed() -> tuple[Builder | None, str]:
    """The rows of the form, or the text of a filter that has none."""
    if "json" in request.form:
        return None, request.form["json"][:20_000]
    return read_builder(request.form), ""


def _filter(builder: Builder | None, json_text: str) -> dict[str, Any]:
    """Raises Invalid."""
    if builder is not None:
        return builder.filter()
    try:
        chosen = json.loads(json_text)
    except ValueError:
        chosen = None
    if not isinstance(chosen, dict):
        raise Invalid('Write an object such as {"customer_tier": ["gold"], "location": "Mumbai"}.')
    return chosen


def _page(
    segment: Segment | None, name: str, builder: Builder | None, faults: dict | None = None, json_text: str = ""
) -> str:  # fmt: skip
    choices = audience_choices()
    return render_template(
        "segments/edit.html",
        segment=segment,
        name=name,
        builder=builder.with_spare() if builder else None,
        json_text=json_text,
        faults=faults or {},
        columns=COLUMNS,
        attributes=latest_attribute_names(),
        deeds=DEED_WORDS,
        operators=OPERATORS,
        answers={"yes": "yes", "no": "no", "unknown": "not recorded"},
        known_values=sorted(
            {*choices.customer_tier, *choices.location, *choices.language, *choices.tags}, key=str.casefold
        ),
        campaigns=launched_campaigns(),
        **_counted(builder, json_text),
    )


def _counted(builder: Builder | None, json_text: str) -> dict:
    """The count and a sample, or the sentence why there are none."""
    try:
        chosen = _filter(builder, json_text)
        if not chosen:
            return {"count": None, "no_count": None, "sample": []}
        counted = count_audience(chosen, current_app.config["SETTINGS"].require_opt_in)
        return {"count": counted, "no_count": None, "sample": sample_of(chosen, SAMPLE)}
    except Invalid as fault:
        return {"count": None, "no_count": fault.sentence, "sample": []}


def _written(chosen: dict[str, Any]) -> str:
    return json.dumps(chosen, ensure_ascii=False, indent=2)
