"""The figures of a campaign's page as its templates and its script take them: tiles and charts."""

from flask import url_for

from campaign_app.models.campaign import Campaign
from campaign_app.services.campaign_stats import CampaignStats
from campaign_app.web.formatting import brief_time, short_day


def tiles_of(campaign: Campaign, stats: CampaignStats) -> list[dict]:
    """The seed's numbers; each leads to the people whom it counts."""

    def tile(
        label: str, value: int, number: str | None, note: str | None = None, tone: str | None = None
    ) -> dict:
        address = url_for("recipients.index", campaign_id=campaign.id, status=number)
        return {"label": label, "value": value, "href": address, "note": note, "tone": tone}

    tiles = [
        tile("Recipients", stats.total_target, None),
        tile("Sent", stats.sent, "sent", "accepted by WhatsApp", "sent"),
        tile("Delivered", stats.delivered, "delivered", f"{stats.delivery_rate:.1f}% of sent", "delivered"),
        tile("Read", stats.read, "read", f"{stats.read_rate:.1f}% of delivered", "read"),
        tile("Failed", stats.failed, "failed", f"{stats.failure_rate:.1f}% of tried", "failed"),
        tile("Pending", stats.pending, "pending", "still to be sent"),
    ]
    if campaign.messages_replied:
        tiles.append(tile("Replied", campaign.messages_replied, "replied", "wrote back"))
    if stats.unconfirmed:
        tiles.append(tile("Not confirmed", stats.unconfirmed, "unconfirmed", "answer got lost", "warning"))
    if stats.skipped:
        tiles.append(tile("Skipped", stats.skipped, "skipped", "left out, with reasons"))
    return tiles


def chart_of(figures, hours) -> dict:
    """The figures of the tables beneath the charts, as the script reads them."""
    return {
        "days": [short_day(figure.day) for figure in figures],
        "hours": [brief_time(figure.hour) for figure in hours],
        "counts": _counts(figures),
        "hourly": _counts(hours),
        "rates": [
            {
                "name": "delivered",
                "label": "Delivered, of sent",
                "values": [one.delivery_rate_to_date for one in figures],
            },
            {
                "name": "read",
                "label": "Read, of delivered",
                "values": [one.read_rate_to_date for one in figures],
            },
        ],
    }


def _counts(figures) -> list[dict]:
    return [
        {"name": name, "label": name.capitalize(), "values": [getattr(figure, name) for figure in figures]}
        for name in ("sent", "delivered", "read", "failed")
    ]
