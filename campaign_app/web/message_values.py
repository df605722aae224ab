"""What staff type and choose for a message's parameters: read from the form, checked, and shown as the customer sees it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import request
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.media import RULES
from campaign_app.domain.message_preview import MessagePreview, message_preview
from campaign_app.domain.message_values import components_of, value_fields, values_of
from campaign_app.domain.plain_text import one_line, shortened
from campaign_app.domain.template_needs import TemplateNeeds
from campaign_app.extensions import db
from campaign_app.models.medium import Medium
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.media import find_medium, medium_of, upload_medium
from campaign_app.services.message_templates import needs_of
from campaign_app.web.media import address_of

PREFIX = "value-"  # of the inputs for the message's parameters
FILE = "header-file"  # the input for a file
CHOSEN = "header-medium"  # the value that stands for a file uploaded before: its id here


def typed_values() -> dict[str, str]:
    return {
        key.removeprefix(PREFIX): text[:4000] for key, text in request.form.items() if key.startswith(PREFIX)
    }


def shown_values(needs: TemplateNeeds | None, components: list[dict[str, Any]] | None) -> dict[str, str]:
    """The values of a campaign as the form shows them: an uploaded file as what it is, not by WhatsApp's number."""
    values = values_of(needs, components) if needs else {}
    medium = medium_of(values.get("header")) if needs and needs.header_format in RULES else None
    return {**values, "header": "", CHOSEN: str(medium.id)} if medium else values


def take_chosen_file(template: MessageTemplate | None, values: dict[str, str]) -> dict[str, str]:
    """Upload the file that was chosen for the header, if any, and put it in `values`. Returns the fault beside the field
    where it could not be taken. Ends the transaction in progress: uploading takes long."""
    upload, needs = request.files.get(FILE), needs_of(template)
    if upload is None or not upload.filename or needs is None or needs.header_format not in RULES:
        return {}
    name = shortened(one_line(Path(upload.filename.replace("\\", "/")).name), 240)
    actor = current_user.email
    db.session.rollback()
    try:
        medium = upload_medium(cloud_api(), upload.stream, name, needs.header_format, actor, utc_now())
        values |= {"header": "", CHOSEN: str(medium.id)}
        db.session.commit()
    except (Invalid, Conflict) as refusal:
        db.session.rollback()
        return {"header": refusal.sentence}
    return {}


def faults_in(template: MessageTemplate | None, values: Mapping[str, str]) -> dict[str, str]:
    """key of a value -> sentence."""
    faults = {}
    for field in value_fields(needs_of(template)) if template else []:
        text = values.get(field.key, "").strip()
        if field.medium and not text and chosen_medium(values) is None:
            faults[field.key] = "Choose a file, or enter an address."
        elif not text and not field.is_optional and not field.medium:
            faults[field.key] = "Enter what stands here."
        elif len(text) > field.longest:
            faults[field.key] = f"Use at most {field.longest:,} signs."
    return faults


def components_from(needs: TemplateNeeds, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Meta's `components`; a chosen file goes by the number that it has at WhatsApp now."""
    medium = chosen_medium(values)
    if medium is None or values.get("header", "").strip() or needs.header_format not in RULES:
        return components_of(needs, values)
    file_name = values.get("header-filename", "").strip() or medium.file_name
    return components_of(needs, {**values, "header": medium.whatsapp_media_id, "header-filename": file_name})


def chosen_medium(values: Mapping[str, str]) -> Medium | None:
    try:
        return find_medium(UUID(values.get(CHOSEN, "")))
    except (ValueError, NotFound):
        return None


def preview_of(components: list[Mapping[str, Any]] | None, values: Mapping[str, str]) -> MessagePreview:
    """The message with `values`, as typed or as a campaign has them, and with the file in its header."""
    message = message_preview(components, values)
    if message.media not in RULES:
        return message
    typed = values.get("header", "").strip()
    medium = medium_of(typed) if typed else chosen_medium(values)
    if medium is not None:
        words = values.get("header-filename", "").strip() or medium.file_name
        return replace(message, media_address=address_of(medium), media_words=words)
    if typed.isdigit():
        return replace(message, media_words=f"number {typed} at WhatsApp")
    return replace(message, media_words=f"from {_host(typed)}" if typed else "")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address
