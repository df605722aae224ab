"""The webhooks that came, for administrators: what waits, what could not be read, and each body in parts and as it is."""

import json
import re
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.phone import mask_phone
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.webhook_event import WEBHOOK_STATES, WebhookEvent
from campaign_app.services.webhook_lists import (
    COUNTED_TO,
    apply_again,
    find_webhook,
    inbox_state,
    list_webhooks,
    messages_of,
    read_body,
)
from campaign_app.web.access import requires
from campaign_app.web.formatting import number, plural
from campaign_app.web.paging import read_place, write_place
from campaign_app.whatsapp.webhook_elements import ParsedWebhook

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

PAGE = 50
LONGEST_SHOWN = 200_000  # signs of a body
ELEMENTS_SHOWN = 200  # of each kind
STATES = {
    "waiting": "Waiting",
    "applied": "Applied",
    "quarantined": "Partly set aside",
    "unreadable": "Unreadable",
}
# Keys under which WhatsApp writes a customer's number.
NUMBERS = {"from", "to", "input", "phone_number", "recipient_id", "wa_id"}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\+?[0-9]{7,15}(?![0-9A-Za-z])")


@blueprint.get("")
@requires(Role.ADMIN)
def index():
    state = request.args.get("state")
    state = state if state in WEBHOOK_STATES else None
    before = read_place(request.args.get("before"))
    found = list_webhooks(state, before, PAGE + 1)
    last = found[PAGE - 1][0] if len(found) > PAGE else None
    inbox = inbox_state()
    return render_template(
        "webhooks/index.html",
        rows=[(event, _summary(parsed)) for event, parsed in found[:PAGE]],
        state=state,
        states=STATES,
        tabs=[
            (None, "All", None),
            *((name, words, _count(inbox.counts[name])) for name, words in STATES.items()),
        ],
        inbox=inbox,
        unmatched=_count(inbox.unmatched),
        is_first=before is None,
        next_before=write_place(last.received_at, last.id) if last else None,
    )


@blueprint.get("/<uuid:webhook_id>")
@requires(Role.ADMIN)
def show(webhook_id: UUID):
    event = find_webhook(webhook_id)
    parsed = read_body(event)
    return render_template(
        "webhooks/show.html",
        event=event,
        parsed=parsed,
        messages=messages_of(parsed) if parsed else {},
        states=STATES,
        most=ELEMENTS_SHOWN,
        raw=_shown(event),
        mask=lambda digits: mask_phone(f"+{digits}") if digits else "–",
        as_text=_as_text,
        plain=_plain,
    )


@blueprint.post("/<uuid:webhook_id>/apply-again")
@requires(Role.ADMIN)
def again(webhook_id: UUID):
    event = find_webhook(webhook_id)
    if apply_again(event, current_user.email, utc_now()):
        db.session.commit()
        flash("It is in line again and will be applied within moments. Nothing counts twice.", "success")
    else:
        db.session.rollback()
        flash("It waits in line already.", "info")
    return redirect(url_for("webhooks.show", webhook_id=webhook_id), 303)


def _summary(parsed: ParsedWebhook | None) -> str:
    """`2 delivered, 1 read`: what a body holds, in a line."""
    if parsed is None:
        return "Not a webhook of WhatsApp"
    by_status: dict[str, int] = {}
    for status in parsed.statuses:
        by_status[status.status.value] = by_status.get(status.status.value, 0) + 1
    parts = [f"{number(count)} {word}" for word, count in by_status.items()]
    for elements, one in (
        (parsed.messages, "message"),
        (parsed.preferences, "preference"),
        (parsed.ignored, "unknown part"),
        (parsed.rejected, "bad part"),
    ):
        if elements:
            parts.append(plural(len(elements), one))
    parts += sorted({change.field.replace("_", " ") for change in parsed.others})
    return _plain(", ".join(parts)) or "Nothing in it"


def _count(count: int) -> str:
    return number(count) if count <= COUNTED_TO else f"{number(COUNTED_TO)}+"


def _shown(event: WebhookEvent) -> str:
    """The body for people: indented where it is JSON, customers' numbers masked."""
    text = bytes(event.body).decode("utf-8", "replace")
    try:
        shown = _as_text(json.loads(text))
    except (ValueError, RecursionError):
        shown = _DIGITS.sub(lambda match: mask_phone(match[0]), text)
    shown = _plain(shown)
    return shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "\n…"


def _as_text(document: Any) -> str:
    return _plain(json.dumps(_masked(document), indent=2, ensure_ascii=False))


def _plain(text: str) -> str:
    """Signs that no page may hold are shown as �."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _masked(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _masked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, key) for item in value]
    if key in NUMBERS and isinstance(value, str | int) and not isinstance(value, bool):
        return mask_phone(str(value))
    return value
