"""A campaign's message as one person would get it, and the campaign of one recipient with which it is tried out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaign_app.domain.customer_values import attribute_text
from campaign_app.domain.errors import Invalid
from campaign_app.domain.template_text import MissingValue, fields, fill_all
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.services.audience import sample_of
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.customers import find_by_phone
from campaign_app.services.frozen_audience import COLUMNS
from campaign_app.services.recipients import add_recipients

SAMPLES = 5


def customer_texts(customer: Customer | None) -> dict[str, str]:
    """What a message can show of a customer: columns and free attributes as text."""
    if customer is None:
        return {}
    attributes = {name: attribute_text(value) for name, value in (customer.attributes or {}).items()}
    return {**attributes, **{name: getattr(customer, name) or "" for name in COLUMNS}}


def filled_where_known(value: Any, texts: Mapping[str, str]) -> Any:
    """A copy of `value` in which each text is filled from `texts`; one that lacks something stays as it is."""
    if isinstance(value, Mapping):
        return {key: filled_where_known(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_where_known(item, texts) for item in value]
    try:
        return fill_all(value, texts)
    except MissingValue:
        return value


def samples_of(campaign: Campaign) -> list[Customer]:
    """Some of the customers whom a draft is meant for."""
    try:
        return sample_of(campaign.target_audience, SAMPLES) if campaign.target_audience else []
    except Invalid:
        return []


def make_test(campaign: Campaign, phone_number: str, actor: str, now: datetime) -> Campaign:
    """A draft to one number with the message of `campaign`, filled from the customer of that number; what is not known of
    them is shown by its name. A real campaign, launched and counted like any other, but listed apart. Raises Invalid."""
    texts = {key: text for key, text in customer_texts(find_by_phone(phone_number)).items() if text}
    for name in fields(campaign.template_components):
        texts.setdefault(name, f"({name})")
    components = fill_all(campaign.template_components, texts)
    values = {
        "name": f"Test: {campaign.name}"[:200],
        "description": "Sent to one number, to see the message before the campaign is launched.",
        "template_name": campaign.template_name,
        "language_code": campaign.language_code,
        "template_components": components,
        "priority": 1,
    }
    test = create_campaign(values, actor, now)
    test.is_test = True
    db.session.flush()  # adding recipients reads it anew
    added = add_recipients(test, [{"phone_number": phone_number}], now)
    if added.invalid:
        raise Invalid(added.invalid[0].reason)
    db.session.flush()
    return test
