"""Who is meant: a campaign's filter as SQL, and how many people it reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true

from campaign_app.domain.audience_filter import AudienceFilter, Condition, Group, Question, parse_audience
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.audience_behaviour import behaviour_sql
from campaign_app.services.audience_conditions import condition_sql
from campaign_app.services.eligibility import reason_to_leave_out
from campaign_app.services.segment_references import with_segments


@dataclass(frozen=True)
class AudienceCount:
    """matching = opted_out + no_consent + reachable. `no_consent` counts only where consent is required."""

    matching: int
    opted_out: int
    no_consent: int
    reachable: int


def audience_condition(
    target_audience: Mapping[str, Any] | None, now: datetime | None = None
) -> ColumnElement[bool]:
    """The filter as a condition on Customer, as at `now` (else the present instant).

    Raises Invalid, naming the key and what is accepted.
    """
    return _filter_sql(parse_audience(with_segments(target_audience)), now or utc_now())


def _filter_sql(audience: AudienceFilter, now: datetime) -> ColumnElement[bool]:
    if audience.everybody:
        return true()
    if not audience.conditions:
        return false()
    return and_(*(_question_sql(question, now) for question in audience.conditions))


def _question_sql(question: Question, now: datetime) -> ColumnElement[bool]:
    if isinstance(question, Condition):
        return condition_sql(question)
    if not isinstance(question, Group):
        return behaviour_sql(question, now)
    parts = [_filter_sql(part, now) for part in question.parts]
    if question.kind == "not":
        return ~func.coalesce(parts[0], false())
    return or_(*parts) if question.kind == "any" else and_(*parts)


def count_audience(
    target_audience: Mapping[str, Any] | None, require_opt_in: bool, now: datetime | None = None
) -> AudienceCount:
    """How many customers the filter means now, and how many of them may be written to. Raises Invalid."""
    stopped = reason_to_leave_out(require_opt_in=False).is_not(None)
    unrecorded = and_(~stopped, Customer.opted_in.is_(None)) if require_opt_in else false()
    matching, opted_out, no_consent = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((stopped, 1), else_=0)), 0),
            func.coalesce(func.sum(case((unrecorded, 1), else_=0)), 0),
        )
        .select_from(Customer)
        .where(audience_condition(target_audience, now))
    ).one()
    return AudienceCount(matching, opted_out, no_consent, matching - opted_out - no_consent)


def sample_of(target_audience: Mapping[str, Any], most: int) -> list[Customer]:
    """Some of the customers that the filter means, those added last first. Raises Invalid."""
    meant = select(Customer).where(audience_condition(target_audience))
    return list(db.session.scalars(meant.order_by(Customer.id.desc()).limit(most)))
