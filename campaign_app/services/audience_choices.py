"""What the pickers of the audience offer: the values that occur among the latest customers."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.customer import Customer

LOOKED_AT = 10_000  # customers: bounded, so that the form costs the same however many there are
OFFERED = 40  # values of each field, the most frequent


@dataclass(frozen=True)
class AudienceChoices:
    """The values to pick from. `complete` is false where older customers were not looked at."""

    customer_tier: list[str]
    location: list[str]
    language: list[str]
    tags: list[str]
    complete: bool


def audience_choices(looked_at: int = LOOKED_AT) -> AudienceChoices:
    """Of the `looked_at` customers added last."""
    latest = select(Customer.customer_tier, Customer.location, Customer.language, Customer.tags)
    rows = db.session.execute(latest.order_by(Customer.created_at.desc()).limit(looked_at)).all()
    return AudienceChoices(
        customer_tier=_most_frequent(row.customer_tier for row in rows),
        location=_most_frequent(row.location for row in rows),
        language=_most_frequent(row.language for row in rows),
        tags=_most_frequent(tag for row in rows for tag in row.tags or []),
        complete=len(rows) < looked_at,
    )


def _most_frequent(values) -> list[str]:
    """The most frequent values in alphabetical order; spellings that differ in case only are one, in the commonest spelling."""
    spellings: dict[str, Counter] = {}
    for value in values:
        if value and value.strip():
            spellings.setdefault(value.casefold(), Counter())[value] += 1
    frequent = sorted(spellings.values(), key=lambda found: -found.total())[:OFFERED]
    return sorted((found.most_common(1)[0][0] for found in frequent), key=str.casefold)
