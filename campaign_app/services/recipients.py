"""Recipients added to a draft by number, without a customer row needed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.ids import new_id
from campaign_app.domain.message_components import components_for
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.tally import Tally
from campaign_app.domain.template_needs import TemplateNeeds, shortcomings
from campaign_app.domain.template_text import MissingValue
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.counters import add_tally, insert_for, lock_campaigns
from campaign_app.services.erased_numbers import hold_back_erased
from campaign_app.services.message_templates import find_template, needs_of

MOST_AT_ONCE = 1000
CHUNK = 500  # rows of one INSERT: far below SQLite's 32,766 bind values


@dataclass(frozen=True)
class InvalidRow:
    """A row that cannot be taken; `index` counts from 0, `field` is what is wrong: phone_number or template_parameters."""

    index: int
    phone_number: str
    reason: str
    field: str = "phone_number"


@dataclass(frozen=True)
class AddedRecipients:
    added: int
    duplicates: int
    invalid: list[InvalidRow] = field(default_factory=list)


def add_recipients(campaign: Campaign, rows: list[dict[str, Any]], now: datetime) -> AddedRecipients:
    """Add `{"phone_number", "template_parameters"?}` rows to a draft; each number once. Rows that cannot be sent are
    answered with their reason and not kept. Raises Conflict when launched, Invalid when there are too many."""
    if len(rows) > MOST_AT_ONCE:
        raise Invalid(
            f"Send at most {MOST_AT_ONCE:,} recipients at once.",
            {"recipients": [f"At most {MOST_AT_ONCE:,} at once."]},
        )
    lock_campaigns([campaign.id])
    db.session.refresh(campaign)
    if campaign.status != CampaignStatus.DRAFT:
        raise Conflict("Recipients can only be added to a draft: the audience is frozen at launch.")
    needs = needs_of(find_template(campaign.template_name, campaign.language_code))
    invalid: list[InvalidRow] = []
    wanted: dict[str, Any] = {}
    for index, row in enumerate(rows):
        name, parameters = "phone_number", row.get("template_parameters")
        try:
            number = parse_phone(row.get("phone_number"), current_app.config["SETTINGS"].default_country)
            name = "template_parameters"
            problem = _problem(campaign, parameters, needs)
        except Invalid as error:
            problem = error.sentence
        if problem:
            invalid.append(InvalidRow(index, str(row.get("phone_number") or "")[:40], problem, name))
        elif number not in wanted:
            wanted[number] = parameters
    added = _insert(campaign, wanted, now)
    hold_back_erased(wanted, now)
    tally = Tally()
    tally.campaign.update(total_target_customers=added, messages_pending=added)
    add_tally(campaign.id, tally, now)
    return AddedRecipients(added, len(rows) - len(invalid) - added, invalid)


def _problem(campaign: Campaign, parameters: Any, needs: TemplateNeeds | None) -> str | None:
    """Why these parameters can never be sent, as far as it is known before launch."""
    try:
        components = components_for(campaign.template_components, parameters, _Anything(), needs)
    except MissingValue as missing:  # only the customer's own data can tell, and they are read at launch
        return f"The message needs “{missing.field}”."
    if needs is None:
        return None
    problems = shortcomings(needs, components)
    return " ".join(problems) or None


class _Anything(dict):
    """Stands for the values of a customer who is not looked at yet."""

    def get(self, key, default=None):
        return "x"


def _insert(campaign: Campaign, wanted: dict[str, Any], now: datetime) -> int:
    last = (
        db.session.scalar(select(func.max(Recipient.position)).where(Recipient.campaign_id == campaign.id))
        or 0
    )
    table = Recipient.__table__
    rows = [
        {
            "id": new_id(), "campaign_id": campaign.id, "phone_number": number, "position": last + place, "status": "pending",
            "template_parameters": parameters, "next_try_at": now, "created_at": now, "updated_at": now,
        }
        for place, (number, parameters) in enumerate(wanted.items(), 1)
    ]  # fmt: skip
    added = 0
    for start in range(0, len(rows), CHUNK):
        statement = insert_for(table).values(rows[start : start + CHUNK])
        statement = statement.on_conflict_do_nothing(index_elements=["campaign_id", "phone_number"])
        added += len(
            db.session.scalars(statement.returning(table.c.id)).all()
        )  # psycopg tells no rowcount here
    return added
