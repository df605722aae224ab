"""What became of one send, decided from the answer alone."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from campaign_app.whatsapp.error_catalogue import CatalogueEntry, lookup
from campaign_app.whatsapp.errors import GraphError, graph_error
from campaign_app.whatsapp.json_values import NotJson, load_json, text_of
from campaign_app.whatsapp.transport import Answer

LONGEST_PAUSE = timedelta(hours=24)  # no Retry-After is believed beyond


class SendKind(StrEnum):
    ACCEPTED = "accepted"  # WhatsApp has the message
    REFUSED = "refused"  # Meta says itself that it did not take the message
    NOT_SENT = "not_sent"  # nothing of the message has left this machine
    UNKNOWN = "unknown"  # it may have been sent: never sent again by itself


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """`message_status` is accepted, held_for_quality_assessment, paused or None; `detail` is for people."""

    kind: SendKind
    wamid: str | None = None
    wa_id: str | None = None  # the recipient's digits as WhatsApp writes them, where it says them
    message_status: str | None = None
    error: GraphError | None = None
    http_status: int | None = None
    retry_after_seconds: int | None = None
    detail: str | None = None

    @property
    def entry(self) -> CatalogueEntry | None:
        """For a refused one, what the catalogue says about its error."""
        if self.error is None:
            return None
        return lookup(self.error.code, self.http_status, self.error.is_transient, self.error.subcode)


def outcome_of(answer: Answer) -> SendOutcome:
    """Accepted: 200 with a message id. Refused: 4xx or 5xx with an error of Meta's own. Else unknown."""
    pause = retry_after_seconds(answer.headers)
    unknown = SendOutcome(SendKind.UNKNOWN, http_status=answer.status, retry_after_seconds=pause)
    try:
        document = load_json(answer.body)
    except NotJson:
        return _because(unknown, "with something else than JSON")
    if answer.status == 200:
        return _accepted(document) or _because(unknown, "without a message id")
    error = graph_error(document, answer.status) if 400 <= answer.status <= 599 else None
    if error is None:
        return _because(unknown, "without an error of WhatsApp's own")
    return SendOutcome(
        SendKind.REFUSED,
        error=error,
        http_status=answer.status,
        retry_after_seconds=pause,
        detail=error.reason,
    )


def retry_after_seconds(headers: Mapping[str, str]) -> int | None:
    """How long Meta asks us to wait, or None. `headers` is case-insensitive."""
    waits = [wait for wait in (_retry_after(headers), _time_to_regain_access(headers)) if wait]
    return min(max(waits), int(LONGEST_PAUSE.total_seconds())) if waits else None


def _accepted(document: object) -> SendOutcome | None:
    message = _first(document, "messages")
    wamid = text_of(message.get("id"), 512)
    if wamid is None:
        return None
    return SendOutcome(
        SendKind.ACCEPTED,
        wamid=wamid,
        wa_id=text_of(_first(document, "contacts").get("wa_id"), 128),
        message_status=text_of(message.get("message_status"), 40),
        http_status=200,
    )


def _first(document: object, key: str) -> dict:
    items = document.get(key) if isinstance(document, dict) else None
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}


def _because(unknown: SendOutcome, what: str) -> SendOutcome:
    return SendOutcome(
        SendKind.UNKNOWN,
        http_status=unknown.http_status,
        retry_after_seconds=unknown.retry_after_seconds,
        detail=f"WhatsApp answered {unknown.http_status} {what}.",
    )


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Seconds, or a date, which is measured against the answer's own Date and so needs no clock of ours."""
    value = (headers.get("Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return int(value[:9])
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return max(0, math.ceil(wait.total_seconds()))


def _time_to_regain_access(headers: Mapping[str, str]) -> int | None:
    """From x-business-use-case-usage, whose minutes stand per account and kind of call.

    The quota of the management calls has nothing to do with sending.
    """
    try:
        usage = json.loads(headers.get("x-business-use-case-usage") or "{}")
    except (ValueError, RecursionError):
        return None
    longest = 0
    for items in usage.values() if isinstance(usage, dict) else ():
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and item.get("type") != "whatsapp_business_management":
                minutes = item.get("estimated_time_to_regain_access")
                if isinstance(minutes, int) and not isinstance(minutes, bool):
                    longest = max(longest, min(minutes, 24 * 60) * 60)
    return longest or None
