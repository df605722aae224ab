"""Filters that mean a segment by its id: the segment's own filter is put in its place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from campaign_app.domain.errors import Invalid
from campaign_app.extensions import db
from campaign_app.models.segment import Segment


def segment_id_in(target_audience: Mapping[str, Any] | None) -> UUID | None:
    """The segment that a filter means: {"segment": id}. A free attribute of that name never holds an id.

    >>> segment_id_in({"segment": "retail"}) is None
    True
    """
    value = target_audience.get("segment") if isinstance(target_audience, Mapping) else None
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def with_segments(target_audience: Any) -> Any:
    """The filter with the segment's own filter in its place. Raises Invalid where there is no such segment."""
    segment_id = segment_id_in(target_audience)
    if segment_id is None:
        return target_audience
    segment = db.session.get(Segment, segment_id)
    if segment is None:
        sentence = "The segment does not exist any more: choose another one."
        raise Invalid(sentence, {"target_audience": [sentence]})
    others = {key: value for key, value in target_audience.items() if key != "segment"}
    if not others:
        return segment.filter
    return {"all": [segment.filter, others]}
