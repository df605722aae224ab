"""What staff should know before a draft is launched: what keeps it back, who gets it, who is left out and why, what to mind."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, case, exists, func, literal, select

from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.template_needs import shortcomings
from campaign_app.domain.template_text import references
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.audience import AudienceCount
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.eligibility import reason_not_to_write
from campaign_app.services.forecast import Forecast, forecast_of
from campaign_app.services.frozen_audience import customers_meant, is_empty, last_position, reason_left_out
from campaign_app.services.marketing_rules import with_marketing_reason
from campaign_app.services.media import check_not_expired
from campaign_app.services.message_templates import check_sendable, find_template, needs_of, snapshot
from campaign_app.services.number import messaging_limit
from campaign_app.services.send_plans import window_of
from campaign_app.services.send_schedule import allow_time
from campaign_app.services.sending_queue import SendingQueue, sending_queue

LATELY = timedelta(days=30)


@dataclass(frozen=True)
class LeftOut:
    """People of the audience who will be skipped, and why."""

    reason: str
    people: int


@dataclass(frozen=True)
class FilledIn:
    """People whose `field` is empty, so that `fallback` stands in for it."""

    field: str
    fallback: str
    people: int


@dataclass(frozen=True)
class Preflight:
    """`people` get it; `people` and all `left_out` together are the audience. `warnings`: (in a word, sentence)."""

    people: int
    left_out: list[LeftOut]
    filled_in: list[FilledIn]
    blockers: list[str]
    warnings: list[tuple[str, str]]
    forecast: Forecast | None
    template: MessageTemplate | None
    account_limit: int | None  # None: unlimited
    account_used: int


@dataclass
class _Counts:
    people: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    lately: int = 0
    unrecorded: int = 0
    empties: list[int] = field(default_factory=list)
    both: int = 0  # in the filter and added by number besides


def blockers(
    campaign: Campaign, count: AudienceCount | None, now: datetime, template: MessageTemplate | None = None
) -> list[str]:
    """Sentences for people; empty when the draft can be launched. `count` is of its filter, None where it has none; `template`
    its message template, where that was read before."""
    found = _blockers_of_set_up(campaign, template, now)
    if not (count and count.reachable) and not campaign.messages_pending:
        if count and count.matching:
            found.append("Everybody whom the audience matches has opted out or gave no consent.")
        elif count:
            found.append("The audience matches nobody at the moment.")
        else:
            found.append("Nobody is chosen yet: set an audience, or add recipients over the API.")
    return found


def preflight(campaign: Campaign, now: datetime, queue: SendingQueue | None = None) -> Preflight:
    """Everything at once, by the same rules as the launch. `queue`: where it is known already."""
    queue = queue or sending_queue(now)
    template = find_template(campaign.template_name, campaign.language_code)
    found = _blockers_of_set_up(campaign, template, now)
    if campaign.scheduled_end_date is not None and campaign.scheduled_end_date <= now:
        found.append("The campaign's end is already past. Change it, or leave it empty.")
    fallbacks = _fallbacks(campaign)
    counts = _Counts(empties=[0] * len(fallbacks))
    try:
        _count(campaign, template, counts, fallbacks, now)
    except Invalid as fault:
        found.append(fault.sentence)
    if not counts.people:
        left_out = sum(counts.left_out.values())
        found.append(
            f"Nobody can be written to: all {left_out:,} people of the audience are left out."
            if left_out
            else "The audience matches nobody at the moment."
            if campaign.target_audience
            else "Nobody is chosen yet: set an audience, or add recipients over the API."
        )
    limit = messaging_limit(queue.account.number)
    used = 0 if limit is None else min(limit, sum(customers for _, customers in queue.spent))
    forecast = forecast_of(campaign, now, counts.people, queue) if counts.people else None
    return Preflight(
        people=counts.people,
        left_out=[
            LeftOut(reason, people) for reason, people in sorted(counts.left_out.items(), key=lambda x: -x[1])
        ],
        filled_in=[
            FilledIn(*pair, people)
            for pair, people in zip(fallbacks.items(), counts.empties, strict=True)
            if people
        ],
        blockers=found,
        warnings=_warnings(campaign, counts, template, forecast, queue.account.number, limit, used, now),
        forecast=forecast,
        template=template,
        account_limit=limit,
        account_used=used,
    )


def _blockers_of_set_up(campaign: Campaign, known: MessageTemplate | None, now: datetime) -> list[str]:
    found = []
    if missing := missing_settings():
        found.append(f"WhatsApp is not set up: {', '.join(missing)} must be set on the server.")
    try:
        needs = needs_of(check_sendable(campaign.template_name, campaign.language_code, known))
    except Conflict as conflict:
        found.append(conflict.sentence)
    else:
        if needs is not None and campaign.target_audience:
            found += shortcomings(needs, campaign.template_components)
    try:
        check_not_expired(campaign.template_components, now)
    except Invalid as fault:
        found.append(fault.sentence)
    return found


def _fallbacks(campaign: Campaign) -> dict[str, str]:
    """field -> what stands in for it where it is empty."""
    return {
        one.field: one.fallback
        for one in references(campaign.template_components)
        if one.fallback is not None
    }


def _count(
    campaign: Campaign,
    template: MessageTemplate | None,
    counts: _Counts,
    fallbacks: dict[str, str],
    now: datetime,
) -> None:
    """Count the filter's people and the added ones, each in one statement. Raises Invalid."""
    allow_time()
    frozen = snapshot(template)
    has_added = bool(campaign.messages_pending or campaign.recipients_skipped)
    if campaign.target_audience:
        last = last_position(campaign) if has_added else 0
        empties = [_one_if(is_empty(name)).label(f"empty_{place}") for place, name in enumerate(fallbacks)]
        each = select(
            reason_left_out(campaign, frozen, now).label("reason"),
            _one_if(_got_it_lately(Customer.phone_number, campaign, now)).label("lately"),
            _one_if(Customer.opted_in.is_(None)).label("unrecorded"),
            *empties,
        ).where(*customers_meant(campaign, last, now))
        _take(each, counts)
        if last:
            meant = select(func.count()).select_from(Customer).where(*customers_meant(campaign, 0, now))
            counts.both = db.session.scalar(meant) - counts.people - sum(counts.left_out.values())
    if not has_added:
        return
    require_opt_in = current_app.config["SETTINGS"].require_opt_in
    reason = with_marketing_reason(
        reason_not_to_write(Recipient.phone_number, require_opt_in),
        Recipient.phone_number, campaign, frozen, now,
    )  # fmt: skip
    added = select(
        reason.label("reason"),
        _one_if(_got_it_lately(Recipient.phone_number, campaign, now)).label("lately"),
    ).where(Recipient.campaign_id == campaign.id)
    _take(added, counts)


def _take(each: Any, counts: _Counts) -> None:
    people = each.subquery()
    sums = [func.sum(column) for column in people.c if column.key != "reason"]
    rows = db.session.execute(select(people.c.reason, func.count(), *sums).group_by(people.c.reason))
    for reason, number, lately, *others in rows:
        if reason is not None:
            counts.left_out[reason] = counts.left_out.get(reason, 0) + number
            continue
        counts.people += number
        counts.lately += lately
        if others:
            counts.unrecorded += others[0]
            counts.empties = [had + more for had, more in zip(counts.empties, others[1:], strict=True)]


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _got_it_lately(
    phone_number: ColumnElement[str], campaign: Campaign, now: datetime
) -> ColumnElement[bool]:
    """Whether the same message template went to a number in another campaign not long ago."""
    person, other = Recipient.__table__.alias(), Campaign.__table__.alias()
    same = select(literal(1)).select_from(person.join(other, other.c.id == person.c.campaign_id))
    return exists(
        same.where(
            person.c.phone_number == phone_number,
            person.c.sent_at > now - LATELY,
            other.c.template_name == campaign.template_name,
            other.c.id != campaign.id,
        )
    )


def _warnings(
    campaign: Campaign,
    counts: _Counts,
    template: MessageTemplate | None,
    forecast: Forecast | None,
    number: SendingNumber,
    limit: int | None,
    used: int,
    now: datetime,
) -> list[tuple[str, str]]:
    found = []
    if template is None:
        found.append(
            ("Unknown template", "WhatsApp's list of message templates was not read yet: sync it first, so that "
             "the message can be checked.")
        )  # fmt: skip
    elif template.quality in ("RED", "YELLOW"):
        word = "low" if template.quality == "RED" else "medium"
        found.append(
            ("Quality", f"WhatsApp rates this message template as {word}: when more people block or report it, WhatsApp pauses it.")
        )  # fmt: skip
    if counts.lately:
        found.append(
            ("Already sent", f"{_people(counts.lately)} got this message template within the last {LATELY.days} days.")
        )  # fmt: skip
    if counts.both:
        found.append(
            ("Repeated", f"{_people(counts.both)} are in the audience and added by number besides: each gets it once.")
        )  # fmt: skip
    if counts.unrecorded and not current_app.config["SETTINGS"].require_opt_in:
        found.append(
            ("Consent", f"For {_people(counts.unrecorded)} no consent is recorded. WhatsApp asks for an opt-in before the "
             "first message.")
        )  # fmt: skip
    if number.stopped_at is not None:
        found.append(("Number stopped", f"Sending is stopped for the whole number: {number.stopped_reason}"))
    if number.quality_rating == "RED":
        found.append(("Number", "WhatsApp rates the number as low: too many people blocked or reported it."))
    if limit is not None and counts.people > limit - used:
        found.append(
            ("Account limit", f"WhatsApp allows {limit:,} different people in 24 hours, all campaigns together"
             f"{f'; {used:,} are used' if used else ''}. The others follow as places get free.")
        )  # fmt: skip
    if forecast is not None and forecast.unplanned:
        found.append(("End", f"{_people(forecast.unplanned)} would not get it before the campaign's end."))
    window = window_of(campaign)
    start = max(now, campaign.scheduled_start_date or now)
    if window is not None and not window.is_open(start):
        found.append(
            ("Hours", "It does not begin at once: it starts outside the hours in which it may send.")
        )
    return found


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"
