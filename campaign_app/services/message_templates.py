"""The message templates as WhatsApp has them: reading them in, finding one, saying why one cannot be sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, text, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict
from campaign_app.domain.template_needs import TemplateNeeds, template_needs
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.number import change_number, sending_number
from campaign_app.services.template_changes import check_campaigns_again
from campaign_app.whatsapp.client import CloudApi, CloudApiError

_LOCK = 7_206_512  # any number of ours

WHY_NOT = {
    "PENDING": "WhatsApp has not approved it yet",
    "IN_APPEAL": "WhatsApp is looking at it again",
    "REJECTED": "WhatsApp has rejected it",
    "PAUSED": "WhatsApp has paused it because of bad ratings by customers",
    "DISABLED": "WhatsApp has disabled it",
}


@dataclass(frozen=True)
class SyncedTemplates:
    """What a sync did. `removed`: no longer at WhatsApp."""

    added: int
    changed: int
    removed: int
    total: int


def all_templates() -> list[MessageTemplate]:
    """Every known message template, those that can be sent first, then by name and language."""
    found = db.session.scalars(
        select(MessageTemplate).order_by(MessageTemplate.name, MessageTemplate.language)
    ).all()
    return sorted(found, key=lambda template: not template.is_approved)


def find_template(name: str, language: str) -> MessageTemplate | None:
    return db.session.scalar(
        select(MessageTemplate).where(MessageTemplate.name == name, MessageTemplate.language == language)
    )


def needs_of(template: MessageTemplate | None) -> TemplateNeeds | None:
    """What the message template needs filled in; None when it is not known."""
    return None if template is None else template_needs(template.components, template.parameter_format)


def snapshot(template: MessageTemplate | None) -> dict | None:
    """What a campaign keeps of its message template at launch."""
    if template is None:
        return None
    return {
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "parameter_format": template.parameter_format,
        "components": template.components,
    }


def check_sendable(name: str, language: str, known: MessageTemplate | None = None) -> MessageTemplate | None:
    """The message template, if it may be sent. None when WhatsApp's list was never read: then WhatsApp itself decides. `known`:
    that template, where it was read before.

    Raises Conflict when it does not exist in that language, or is not approved.
    """
    template = known or find_template(name, language)
    if template is None:
        if sending_number().templates_synced_at is None:
            return None
        others = db.session.scalars(
            select(MessageTemplate.language).where(MessageTemplate.name == name)
        ).all()
        hint = (
            f" It exists in {', '.join(sorted(others))}."
            if others
            else " Sync the message templates, or choose another one."
        )
        raise Conflict(f"WhatsApp has no message template “{name}” in the language {language}.{hint}")
    if not template.is_approved:
        why = WHY_NOT.get(template.status, f"its state is {template.status}")
        raise Conflict(
            f"The message template “{name}” ({language}) cannot be sent: {why}. Choose an approved one."
        )
    return template


def read_templates(api: CloudApi) -> list[dict]:
    """Every message template at WhatsApp, as the Cloud API lists them. Talks to the network: no transaction may be open.

    Raises CloudApiError.
    """
    return list(api.iter_templates())


def store_templates(listed: list[dict], now: datetime) -> SyncedTemplates:
    """Make the table equal to WhatsApp's list. A campaign whose message template can no longer be sent is paused.

    Of two at once, by a click and by the clock, the second waits for the first to commit.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    known = {
        (template.name, template.language): template
        for template in db.session.scalars(select(MessageTemplate))
    }
    added = changed = 0
    seen = set()
    for entry in listed:
        key = (str(entry.get("name", ""))[:512], str(entry.get("language", ""))[:20])
        if not all(key) or key in seen:
            continue
        seen.add(key)
        template = known.get(key)
        if template is None:
            template = MessageTemplate(name=key[0], language=key[1])
            db.session.add(template)
            added += 1
        before, was_approved = _facts(template), template.is_approved
        read_before = template.components, template.parameter_format
        _copy(entry, template)
        if was_approved and not template.is_approved:
            why = WHY_NOT.get(template.status, f"its state is {template.status}")
            pause_campaigns_of(*key, f"The message template cannot be sent any more: {why}.", now)
        template.synced_at = now
        if key in known and (template.components, template.parameter_format) != read_before:
            check_campaigns_again(template, snapshot(template), now)
        if key in known and _facts(template) != before:
            changed += 1
    gone = [template.id for key, template in known.items() if key not in seen]
    for name, language in known.keys() - seen:
        pause_campaigns_of(name, language, "The message template is no longer at WhatsApp.", now)
    if gone:
        db.session.execute(delete(MessageTemplate).where(MessageTemplate.id.in_(gone)))
    db.session.flush()
    change_number(templates_synced_at=now)
    return SyncedTemplates(added, changed, len(gone), len(seen))


def sync_templates(api: CloudApi, now: datetime) -> SyncedTemplates:
    """Read WhatsApp's list and store it. Ends the transaction in progress before it talks to the network; the caller
    commits. Raises Conflict with the reason when WhatsApp cannot be asked."""
    db.session.rollback()
    try:
        listed = read_templates(api)
    except CloudApiError as error:
        raise Conflict(f"The message templates could not be read from WhatsApp: {error}") from error
    return store_templates(listed, now)


def pause_campaigns_of(name: str, language: str, reason: str, now: datetime) -> int:
    """Pause every active campaign on a message template that can no longer be sent. Returns how many."""
    active = update(Campaign).where(
        Campaign.status == CampaignStatus.ACTIVE,
        Campaign.template_name == name,
        Campaign.language_code == language,
    )
    return db.session.execute(
        active.values(status=CampaignStatus.PAUSED, status_reason=reason, updated_at=now)
    ).rowcount


def _facts(template: MessageTemplate) -> tuple:
    return (
        template.status,
        template.category,
        template.parameter_format,
        template.components,
        template.quality,
        template.rejected_reason,
    )


def _copy(entry: dict, template: MessageTemplate) -> None:
    """Take over the Cloud API's fields; unknown values stay as WhatsApp spells them."""
    quality = entry.get("quality_score")
    template.whatsapp_template_id = str(entry["id"])[:64] if entry.get("id") else None
    template.status = str(entry.get("status") or "UNKNOWN")[:40]
    template.category = str(entry["category"])[:40] if entry.get("category") else None
    template.parameter_format = str(entry.get("parameter_format") or "POSITIONAL")[:20]
    template.components = [part for part in entry.get("components") or [] if isinstance(part, dict)]
    template.quality = (
        str(quality.get("score"))[:20] if isinstance(quality, dict) and quality.get("score") else None
    )
    reason = entry.get("rejected_reason")
    template.rejected_reason = str(reason)[:200] if reason and reason != "NONE" else None
