"""Rows and answers of services as JSON: exactly the fields of `answers.py`."""

from datetime import date, datetime
from typing import Any

from campaign_app.models.analytics import DailyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.failures import FailureRow
from campaign_app.services.retries import RetriedFailures
from campaign_app.services.why_waiting import why_waiting
from campaign_app.web.api.answers import (
    AnalyticsDayAnswer,
    CampaignAnswer,
    CustomerAnswer,
    OptOutAnswer,
    RecipientAnswer,
    ScheduleDayAnswer,
)


def campaign_json(campaign: Campaign, now: datetime) -> dict[str, Any]:
    waiting = why_waiting(campaign, now)
    return _columns(campaign, CampaignAnswer, waiting=waiting.as_json() if waiting else None)


def recipient_json(recipient: Recipient) -> dict[str, Any]:
    return _columns(recipient, RecipientAnswer)


def schedule_day_json(batch: SendBatch) -> dict[str, Any]:
    return _columns(batch, ScheduleDayAnswer)


def analytics_day_json(day: DailyAnalytics) -> dict[str, Any]:
    rates = {name: float(getattr(day, name)) for name in ("delivery_rate", "read_rate", "failure_rate")}
    return _columns(day, AnalyticsDayAnswer, **rates)


def customer_json(customer: Customer) -> dict[str, Any]:
    return _columns(customer, CustomerAnswer)


def opt_out_json(opt_out: OptOut) -> dict[str, Any]:
    return _columns(opt_out, OptOutAnswer)


def failure_json(row: FailureRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "title": row.title,
        "meaning": row.meaning,
        "advice": row.advice,
        "retryable": row.retryable,
        "count": row.failures,
        "share": row.share,
        "last_failed_at": _plain(row.last_failed_at),
    }


def retried_json(retried: RetriedFailures) -> dict[str, Any]:
    left = [
        {"code": row.code, "title": row.title, "count": row.failures, "reason": row.reason}
        for row in retried.left
    ]
    return {"requeued": retried.requeued, "left": left}


def number_json(number: SendingNumber) -> dict[str, Any]:
    return {"stopped": number.stopped_at is not None, "stopped_reason": number.stopped_reason}


def _columns(row: Any, answer: type, **given: Any) -> dict[str, Any]:
    """The fields of `answer` in their order: those `given`, the others from the row's columns of the same names."""
    return {
        name: given[name] if name in given else _plain(getattr(row, name)) for name in answer.model_fields
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | list | dict) else str(value)
