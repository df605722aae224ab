"""What WhatsApp says about message templates: their state, text, quality and category, and what that means for campaigns."""

from datetime import datetime, timedelta

from campaign_app.services.message_templates import WHY_NOT, find_template, pause_campaigns_of
from campaign_app.services.template_changes import components_changed
from campaign_app.whatsapp.json_values import instant_of

# Events that name a state under another word. Source: Meta, "message_template_status_update", read 2026-10.
STATES = {"REINSTATED": "APPROVED", "UNARCHIVED": "APPROVED", "FLAGGED": None}
UNSENDABLE = {
    "PAUSED",
    "DISABLED",
    "REJECTED",
    "PENDING",
    "PENDING_DELETION",
    "DELETED",
    "LOCKED",
    "ARCHIVED",
}
CUT_TO_SECONDS = timedelta(seconds=1)


def template_status(value: dict, at: datetime, now: datetime) -> None:
    """Keep the new state. Campaigns whose message template can no longer be sent are paused, with the reason."""
    name, language = _identity(value)
    event = _word(value.get("event"), 40)
    state = STATES.get(event, event)
    if not (name and language and state):
        return
    template = find_template(name, language)
    if template is not None:
        if _is_overtaken(at, template.status_changed_at, template.synced_at):
            return
        template.status, template.status_changed_at = state, at
        if state == "REJECTED":
            template.rejected_reason = _text(value.get("reason"), 200)
    if state in UNSENDABLE:
        reason = f"The message template cannot be sent any more: {_why(state, value)}."
        pause_campaigns_of(name, language, reason, now)


def template_quality(value: dict, at: datetime) -> None:
    template = find_template(*_identity(value))
    score = _word(value.get("new_quality_score"), 20)
    if template is None or not score or _is_overtaken(at, template.quality_changed_at, template.synced_at):
        return
    template.quality, template.quality_changed_at = score, at


def template_components(value: dict, at: datetime) -> None:
    """Its text, header, footer or buttons were changed. What they are now is read from WhatsApp's list, soon."""
    template = find_template(*_identity(value))
    if template is None or _is_overtaken(at, template.components_changed_at, template.synced_at):
        return
    components_changed(template, at)


def template_category(value: dict, at: datetime) -> None:
    """The category decides the price. `correct_category` announces the one that will hold from its time on."""
    template = find_template(*_identity(value))
    category = _word(value.get("new_category"), 40)
    if (
        template is None
        or not category
        or _is_overtaken(at, template.category_changed_at, template.synced_at)
    ):
        return
    template.category, template.category_changed_at = category, at
    announced = _word(value.get("correct_category"), 40) or None
    template.next_category = announced if announced != category else None
    when = instant_of(value.get("category_update_timestamp"))
    template.next_category_at = when if template.next_category else None


def _identity(value: dict) -> tuple[str, str]:
    """Name and language; WhatsApp writes the language as en_US and as en-US."""
    name = str(value.get("message_template_name") or value.get("name") or "")
    language = str(value.get("message_template_language") or value.get("language") or "")
    return name, language.replace("-", "_")


def _is_overtaken(at: datetime, *known: datetime | None) -> bool:
    """Whether WhatsApp has said something later already, by another webhook or when its list was read."""
    return any(moment is not None and at + CUT_TO_SECONDS <= moment for moment in known)


def _why(state: str, value: dict) -> str:
    """Our words for the state, and WhatsApp's own where it gives any."""
    why = WHY_NOT.get(state, f"its state is {state}")
    rejected = value.get("rejection_info")
    other = value.get("other_info")
    told = (
        (isinstance(other, dict) and _text(other.get("description"), 500))
        or (isinstance(rejected, dict) and _text(rejected.get("reason"), 500))
        or ""
    )
    return f"{why} ({told.rstrip('.')})" if told else why


def _word(value: object, longest: int) -> str:
    return value.strip().upper()[:longest] if isinstance(value, str) else ""


def _text(value: object, longest: int) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text[:longest] if text and text.upper() != "NONE" else None
