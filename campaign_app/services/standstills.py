"""What has come to a stop by itself and waits for a person: the number, and campaigns that the app has paused."""

from dataclasses import dataclass

from sqlalchemy import select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.sending_number import SendingNumber
from campaign_app.services.lifecycle import PAUSED_BY
from campaign_app.services.number import sending_number

CAMPAIGNS_TOLD = 3


@dataclass(frozen=True)
class Standstills:
    """`paused`: the latest campaigns that no member of staff has paused, CAMPAIGNS_TOLD at most."""

    number: SendingNumber
    paused: list[Campaign]


def standstills() -> Standstills:
    paused = (
        select(Campaign)
        .where(
            Campaign.status == CampaignStatus.PAUSED,
            Campaign.status_reason.is_not(None),
            ~Campaign.status_reason.startswith(PAUSED_BY, autoescape=True),
        )
        .order_by(Campaign.updated_at.desc())
    )
    return Standstills(sending_number(), list(db.session.scalars(paused.limit(CAMPAIGNS_TOLD))))
