"""One condition of an audience filter as SQL over Customer, for SQLite and PostgreSQL alike."""

from sqlalchemy import ColumnElement, Double, case, cast, exists, false, func, or_, select, true

from campaign_app.domain.audience_filter import Condition
from campaign_app.models.customer import Customer
from campaign_app.services.customer_columns import (
    attribute_text,
    contains_any_of,
    day_of,
    is_any_of,
    is_day,
    is_number,
    tag_rows,
)

_COMPARE = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def condition_sql(condition: Condition) -> ColumnElement[bool]:
    """True or, where the value is missing, false or NULL for each customer."""
    if condition.key == "opted_in":
        return _consent(condition)
    if condition.key == "tags":
        return _tags(condition)
    column = getattr(Customer, condition.key, None)
    if condition.is_attribute:
        column = attribute_text(Customer, condition.key)
    match condition.operator:
        case "any_of":
            return _any_of(column, condition)
        case "not":
            return ~_any_of(column, condition)
        case "exists":
            return _has_value(column) if condition.operand else ~_has_value(column)
        case "contains":
            return contains_any_of(column, list(condition.operand))
        case operator:
            return _compared(column, operator, condition.operand)


def _has_value(column: ColumnElement[str]) -> ColumnElement[bool]:
    return func.coalesce(column, "") != ""


def _any_of(column: ColumnElement[str], condition: Condition) -> ColumnElement[bool]:
    values = [value for value in condition.operand if value is not None]
    conditions = []
    if values:
        found = column.in_(values) if condition.key == "phone_number" else is_any_of(column, values)
        # without COALESCE an index serves the plain question; NOT needs a value that is never NULL
        conditions.append(found if condition.operator == "any_of" else func.coalesce(found, false()))
    if len(values) < len(condition.operand):
        conditions.append(~_has_value(column))
    return or_(*conditions)


def _consent(condition: Condition) -> ColumnElement[bool]:
    if condition.operator == "exists":
        return Customer.opted_in.is_not(None) if condition.operand else Customer.opted_in.is_(None)
    any_of = or_(*(Customer.opted_in.is_(value) for value in condition.operand))
    return ~any_of if condition.operator == "not" else any_of


def _tags(condition: Condition) -> ColumnElement[bool]:
    tags, tag = tag_rows(Customer)

    def some(matches: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(select(1).select_from(tags).where(matches))

    if condition.operator == "exists":
        return some(true()) if condition.operand else ~some(true())
    if condition.operator == "contains":
        return some(contains_any_of(tag, list(condition.operand)))
    values = [value for value in condition.operand if value is not None]
    conditions = [some(is_any_of(tag, values))] if values else []
    if len(values) < len(condition.operand):
        conditions.append(~some(true()))
    return ~or_(*conditions) if condition.operator == "not" else or_(*conditions)


def _compared(column: ColumnElement[str], operator: str, bound: float | str) -> ColumnElement[bool]:
    """Values that are no plain number (or day, if the bound is a day) never match."""
    compare = _COMPARE[operator]
    if isinstance(bound, float):
        # CASE: the cast must not be tried on other texts
        return case((is_number(column), compare(cast(column, Double), bound)), else_=false())
    return case((is_day(column), compare(day_of(column), bound)), else_=false())
