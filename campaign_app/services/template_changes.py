"""Message templates whose text changes at WhatsApp while campaigns use them: staff are told, and what no longer fits is paused."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select

from campaign_app.database import reading
from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.template_needs import shortcomings, template_needs
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.account_notices import note
from campaign_app.services.consequences import pause_campaign

SHOWN_FOR = timedelta(days=30)
UNDER_WAY = (CampaignStatus.ACTIVE, CampaignStatus.PAUSED)


def components_changed(template: MessageTemplate, at: datetime) -> None:
    """WhatsApp reports that the text is another one since `at`: tell staff, and have the list read anew. The caller commits."""
    template.components_changed_at = at
    names = [f"“{campaign.name}”" for campaign in _campaigns_under_way(template)]
    if names:
        use = (
            f"{' and '.join(names)} will send the new text."
            if len(names) < 4
            else f"{len(names)} campaigns will send the new text."
        )
        advice = f"{use} Look at the message before you let it go on."
    else:
        advice = "No campaign under way uses it."
    sentence = (
        f"The message template “{template.name}” ({template.language}) was changed at WhatsApp. {advice}"
    )
    note(f"template:{template.name}:{template.language}", sentence, False, at, at + SHOWN_FOR)


def has_changed_templates() -> bool:
    """Whether WhatsApp has reported another text since its list was read. Looked at every moment, so without the writer's lock."""
    with reading():
        newer = MessageTemplate.components_changed_at > MessageTemplate.synced_at
        found = db.session.scalar(select(exists().where(newer)))
        db.session.rollback()
    return found


def check_campaigns_again(template: MessageTemplate, frozen: dict, now: datetime) -> None:
    """Its components are others than before. A campaign whose message fits them goes on by them (`frozen`: what it keeps of the
    message template); one whose message does not is paused with the reason. The caller commits."""
    needs = template_needs(template.components, template.parameter_format)
    for campaign in _campaigns_under_way(template):
        before = campaign.template_snapshot
        if before is None or template_needs(before["components"], before["parameter_format"]) == needs:
            continue
        # People who were added one by one bring their own values: each is checked when it is sent.
        problems = shortcomings(needs, campaign.template_components) if campaign.target_audience else []
        if problems:
            reason = f"The message template was changed at WhatsApp, and the message does not fit it any more. {' '.join(problems)}"
            pause_campaign(campaign.id, reason, now)
        else:
            campaign.template_snapshot = frozen


def _campaigns_under_way(template: MessageTemplate) -> list[Campaign]:
    mine = select(Campaign).where(
        Campaign.template_name == template.name,
        Campaign.language_code == template.language,
        Campaign.status.in_(UNDER_WAY),
    )
    return list(db.session.scalars(mine.order_by(Campaign.id)))
