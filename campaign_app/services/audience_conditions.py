"""One condition of an audience filter as SQL over Customer, for SQLite and PostgreSQL alike."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Double, case, cast, exists, false, func, or_, select

from campaign_app.domain.audience_filter import Condition
from campaign_app.models.customer import Customer
from campaign_app.services.customer_columns import (
    attribute_matches,
    contains_any_of,
    day_of,
    is_any_of,
    is_day,
    is_number,
    short_number,
    tag_rows,
)

Text = ColumnElement[str]
Question = ColumnElement[bool]

_COMPARE: dict[str, Callable[[Any, Any], Question]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def condition_sql(condition: Condition) -> Question:
    """Whether `condition` holds for a customer; NULL counts as no."""
    if condition.key == "opted_in":
        return _consent(condition)
    match condition.operator:
        case "any_of":
            return _any_of(condition)
        case "not":
            return _not(_any_of(condition))
        case "exists":
            has_value = _some(condition, _is_filled)
            return has_value if condition.operand else _not(has_value)
        case "contains":
            return _some(condition, lambda text: contains_any_of(text, list(condition.operand)))
        case operator:
            short = short_number(Customer, condition.key) if condition.is_attribute else None
            return _some(condition, lambda text: _compared(text, operator, condition.operand, short))


def _some(condition: Condition, holds: Callable[[Text], Question]) -> Question:
    """Whether one of the values of the condition's key is as `holds` asks: tags are many, the others one or none."""
    if condition.is_attribute:
        return attribute_matches(Customer, condition.key, holds)
    if condition.key == "tags":
        tags, tag = tag_rows(Customer)
        return exists(select(1).select_from(tags).where(holds(tag)))
    return holds(getattr(Customer, condition.key))


def _not(question: Question) -> Question:
    return ~func.coalesce(question, false())


def _is_filled(text: Text) -> Question:
    return text != ""


def _any_of(condition: Condition) -> Question:
    values = [value for value in condition.operand if value is not None]
    questions = []
    if values:
        # a phone number is equal only where it is the same to the digit
        equal = (lambda text: text.in_(values)) if condition.key == "phone_number" else None
        questions.append(_some(condition, equal or (lambda text: is_any_of(text, values))))
    if len(values) < len(condition.operand):
        questions.append(_not(_some(condition, _is_filled)))
    return or_(*questions)


def _consent(condition: Condition) -> Question:
    if condition.operator == "exists":
        return Customer.opted_in.is_not(None) if condition.operand else Customer.opted_in.is_(None)
    any_of = or_(*(Customer.opted_in.is_(value) for value in condition.operand))
    return ~any_of if condition.operator == "not" else any_of


def _compared(
    text: Text, operator: str, bound: float | str, short: tuple[Question, ColumnElement[float]] | None
) -> Question:
    """Values that are no plain number (or day, if the bound is a day) never match. `short`: see `short_number`."""
    compare = _COMPARE[operator]
    if isinstance(bound, float):
        # CASE: the cast must not be tried on other texts
        plain = (is_number(text), compare(cast(text, Double), bound))
        quick = [] if short is None else [(short[0], compare(short[1], bound))]
        return case(*quick, plain, else_=false())
    return case((is_day(text), compare(day_of(text), bound)), else_=false())
