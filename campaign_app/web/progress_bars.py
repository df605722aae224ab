"""The bar of a campaign: how far its recipients have come, as stretches of one line."""

from dataclasses import dataclass

from campaign_app.models.campaign import Campaign


@dataclass(frozen=True)
class Stretch:
    """A coloured part of the bar; `start` and `width` in percent of the whole."""

    tone: str
    start: float
    width: float


def stretches(campaign: Campaign) -> list[Stretch]:
    """read, delivered, sent, failed, not confirmed; what is left over is pending. Nothing for a campaign without recipients.

    Somebody who failed after delivery is counted as failed and as delivered; the line shows such a person once, as failed.
    """
    total = campaign.total_target_customers
    if total <= 0:
        return []
    failed_later = campaign.messages_failed - campaign.messages_refused
    reached = [
        ("read", campaign.messages_read),
        ("delivered", campaign.messages_delivered - campaign.messages_read),
        ("sent", campaign.messages_sent - campaign.messages_delivered),
    ]
    widths = []
    for tone, people in reversed(reached):
        hidden = min(people, failed_later)
        failed_later -= hidden
        widths.insert(0, (tone, people - hidden))
    widths += [("failed", campaign.messages_failed), ("unconfirmed", campaign.messages_unconfirmed)]
    found, start = [], 0.0
    for tone, people in widths:
        width = 100 * people / total
        if width > 0:
            found.append(Stretch(tone, round(start, 3), round(width, 3)))
        start += width
    return found
