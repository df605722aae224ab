"""What keeps a draft from being launched, all of it at once."""

from campaign_app.domain.errors import Conflict
from campaign_app.domain.template_needs import shortcomings
from campaign_app.models.campaign import Campaign
from campaign_app.services.audience import AudienceCount
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.message_templates import check_sendable, needs_of


def blockers(campaign: Campaign, count: AudienceCount | None) -> list[str]:
    """Sentences for people; empty when the draft can be launched. `count` is of its filter, None where it has none."""
    found = []
    if missing := missing_settings():
        found.append(f"WhatsApp is not set up: {', '.join(missing)} must be set on the server.")
    try:
        needs = needs_of(check_sendable(campaign.template_name, campaign.language_code))
    except Conflict as conflict:
        found.append(conflict.sentence)
    else:
        if needs is not None and campaign.target_audience:
            found += shortcomings(needs, campaign.template_components)
    if not (count and count.reachable) and not campaign.messages_pending:
        if count and count.matching:
            found.append("Everybody whom the audience matches has opted out or gave no consent.")
        elif count:
            found.append("The audience matches nobody at the moment.")
        else:
            found.append("Nobody is chosen yet: set an audience, or add recipients over the API.")
    return found
