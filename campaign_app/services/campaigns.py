"""Campaigns as they are set up: creating, editing, deleting a draft, cloning, finding."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.ids import new_id
from campaign_app.domain.send_window import parse_window
from campaign_app.domain.template_text import fields
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services import audit
from campaign_app.services.audience import audience_condition
from campaign_app.services.counters import lock_campaigns
from campaign_app.services.number import request_run
from campaign_app.services.send_schedule import plan_anew

FIELDS = (
    "name", "description", "template_name", "language_code", "template_components", "target_audience", "daily_send_limit",
    "priority", "scheduled_start_date", "scheduled_end_date", "send_window", "timezone",
)  # fmt: skip
CHANGEABLE_AFTER_LAUNCH = {
    "name", "description", "daily_send_limit", "priority", "scheduled_end_date", "send_window", "timezone",
}  # fmt: skip
COMPONENT_TYPES = {"header", "body", "button", "limited_time_offer", "carousel"}
HIGHEST_LIMIT = 1_000_000
# Different fields of a customer in one message: PostgreSQL's functions take at most 100 arguments
MOST_REFERENCES = 40


def find_campaign(campaign_id: UUID) -> Campaign:
    """Raises NotFound."""
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def create_campaign(
    fields: dict[str, Any], actor: str, now: datetime, campaign_id: UUID | None = None
) -> Campaign:
    """A new draft from `fields` (see FIELDS; times are aware), with `campaign_id` where a form has promised it one already.
    Raises Invalid with a sentence for each wrong field."""
    values = {"language_code": "en_US", "daily_send_limit": 250, "priority": 5, **_given(fields)}
    _check(values, values.keys() | {"name", "template_name"}, values, now)
    campaign = Campaign(
        id=campaign_id or new_id(), **values, created_by=actor, created_at=now, status=CampaignStatus.DRAFT
    )
    db.session.add(campaign)
    db.session.flush()
    audit.record(actor, "campaign.created", "campaign", campaign.id, {"name": campaign.name}, now)
    return campaign


def edit_campaign(campaign: Campaign, changes: dict[str, Any], actor: str, now: datetime) -> None:
    """Change a draft in any way; one that was launched only in name, limit, priority, end and window.

    Limits changed within a day hold at once. Raises Invalid, Conflict.
    """
    changes = {key: value for key, value in _given(changes).items() if getattr(campaign, key) != value}
    if not changes:
        return
    _lock(campaign)
    if campaign.status in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED):
        raise Conflict(f"The campaign is {campaign.status}: it cannot be changed any more. Clone it instead.")
    if campaign.status != CampaignStatus.DRAFT and not changes.keys() <= CHANGEABLE_AFTER_LAUNCH:
        frozen = ", ".join(sorted(changes.keys() - CHANGEABLE_AFTER_LAUNCH))
        raise Conflict(
            f"The campaign was launched: its {frozen} cannot be changed any more. Clone it instead."
        )
    merged = {**{key: getattr(campaign, key) for key in FIELDS}, **changes}
    _check(merged, changes.keys(), changes, now)
    for key, value in changes.items():
        setattr(campaign, key, value)
    db.session.flush()
    if campaign.status != CampaignStatus.DRAFT:
        plan_anew(campaign, now)
        request_run(now)
    audit.record(actor, "campaign.edited", "campaign", campaign.id, {"fields": sorted(changes)}, now)


def delete_draft(campaign: Campaign, actor: str, now: datetime) -> None:
    """Raises Conflict when it was launched."""
    _lock(campaign)
    if campaign.status != CampaignStatus.DRAFT:
        raise Conflict("Only a draft can be deleted. Cancel the campaign instead.")
    audit.record(actor, "campaign.deleted", "campaign", campaign.id, {"name": campaign.name}, now)
    db.session.delete(campaign)
    db.session.flush()


def clone_campaign(campaign: Campaign, actor: str, now: datetime) -> Campaign:
    """A new draft with the same settings, without dates and without recipients added by hand."""
    copied = {key: getattr(campaign, key) for key in FIELDS if not key.startswith("scheduled_")}
    copied["name"] = f"{campaign.name[:190]} (copy)"
    clone = create_campaign(copied, actor, now)
    audit.record(actor, "campaign.cloned", "campaign", clone.id, {"from": str(campaign.id)}, now)
    return clone


def _lock(campaign: Campaign) -> None:
    """Nobody launches it from here to the end of the transaction; what was read of it before may have changed."""
    lock_campaigns([campaign.id])
    db.session.refresh(campaign)


def _given(given: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(given.keys() - set(FIELDS))
    if unknown:
        raise Invalid("There are unknown fields.", {name: ["This field is not known."] for name in unknown})
    cleaned = {}
    for key, value in given.items():
        if isinstance(value, str):
            value = value.replace("\x00", "").strip()
            value = value or None
        cleaned[key] = value
    return {key: value for key, value in cleaned.items() if value is not None or key in ("description", "template_components",
            "target_audience", "scheduled_start_date", "scheduled_end_date", "send_window", "timezone", "name", "template_name")}  # fmt: skip


def _check(values: dict[str, Any], names, changed: dict[str, Any], now: datetime) -> None:
    """Check the fields `names` of `values`; times only where they are `changed`. Raises Invalid naming all that is wrong."""
    faults: dict[str, list[str]] = {}

    def fault(name: str, sentence: str) -> None:
        faults.setdefault(name, []).append(sentence)

    for name, most in (("name", 200), ("template_name", 512), ("language_code", 20)):
        if name in names:
            text = values.get(name)
            if not text:
                fault(name, {"name": "Enter a name for the campaign.", "template_name": "Choose a message template."}.get(
                    name, "Enter the language of the message template, such as en_US."))  # fmt: skip
            elif not isinstance(text, str) or len(text) > most:
                fault(name, f"Use a text of at most {most} signs.")
    if "description" in names and len(str(values.get("description") or "")) > 5000:
        fault("description", "Use at most 5,000 signs.")
    for name, least, most in (("daily_send_limit", 1, HIGHEST_LIMIT), ("priority", 1, 10)):
        number = values.get(name)
        if name in names and (
            isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most
        ):
            fault(name, f"Enter a whole number from {least} to {most:,}.")
    start, end = values.get("scheduled_start_date"), values.get("scheduled_end_date")
    if changed.get("scheduled_end_date") is not None and end <= now:
        fault("scheduled_end_date", "The end is already past.")
    if (
        end is not None
        and start is not None
        and end <= start
        and {"scheduled_start_date", "scheduled_end_date"} & set(names)
    ):
        fault("scheduled_end_date", "The end must be after the start.")
    zone_name = values.get("timezone")
    if zone_name is not None and (not isinstance(zone_name, str) or zone_name not in available_timezones()):
        fault("timezone", f"“{zone_name}” is not a time zone. Use one such as Asia/Kolkata.")
        zone_name = None
    for check in (
        lambda: (
            "send_window" in names and parse_window(values.get("send_window"), ZoneInfo(zone_name or "UTC"))
        ),
        lambda: (
            "target_audience" in names
            and values.get("target_audience")
            and audience_condition(values["target_audience"])
        ),
        lambda: "template_components" in names and _check_components(values.get("template_components")),
    ):
        try:
            check()
        except Invalid as error:
            for name, sentences in (error.fields or {"target_audience": [error.sentence]}).items():
                for sentence in sentences:
                    fault(name if name in FIELDS else "target_audience", sentence)
    if faults:
        raise Invalid("Some fields need another look.", faults)


def _check_components(components: Any) -> None:
    if components is None:
        return
    if not isinstance(components, list) or not all(
        isinstance(part, dict) and str(part.get("type", "")).lower() in COMPONENT_TYPES
        and isinstance(part.get("parameters", []), list) and all(isinstance(p, dict) for p in part.get("parameters", []))
        for part in components
    ):  # fmt: skip
        sentence = "Use the form of WhatsApp's components: a list of objects with “type” (header, body or button) and “parameters”."
        raise Invalid(sentence, {"template_components": [sentence]})
    places = [
        (
            str(part["type"]).lower(),
            str(part.get("index", "")) if str(part["type"]).lower() == "button" else "",
        )
        for part in components
    ]
    if len(set(places)) < len(places):
        sentence = "Give the header, the body and each button once."
        raise Invalid(sentence, {"template_components": [sentence]})
    if len(fields(components)) > MOST_REFERENCES:
        sentence = f"Refer to at most {MOST_REFERENCES} different fields of the customer."
        raise Invalid(sentence, {"template_components": [sentence]})
