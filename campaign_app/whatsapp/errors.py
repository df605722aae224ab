"""The error objects of the Cloud API, as they come in an answer and in a webhook."""

import re
from dataclasses import dataclass

from campaign_app.domain.failures import failure_reason
from campaign_app.whatsapp.error_catalogue import lookup
from campaign_app.whatsapp.json_values import integer_of, text_of

LONGEST_TITLE = 300  # signs: what the databases keep
LARGEST_CODE = 2**31 - 1  # likewise

_CODE_PREFIX = re.compile(r"^\(#\d+\)\s*")


@dataclass(frozen=True, slots=True)
class WebhookError:
    """Why a message failed, as the webhook says it; anything may be missing."""

    code: int | None
    title: str | None
    message: str | None
    details: str | None

    @property
    def reason(self) -> str:
        return failure_reason(self.code, self.title, self.message, self.details)


@dataclass(frozen=True, slots=True)
class GraphError(WebhookError):
    """Why a request was refused. The title is the catalogue's, since an answer carries none."""

    subcode: int | None = None
    kind: str | None = None  # Meta's `type`, such as OAuthException
    is_transient: bool | None = None
    trace_id: str | None = None


def code_of(value: object) -> int | None:
    """An error code that the databases keep; None for anything else."""
    code = integer_of(value)
    return code if code is not None and abs(code) <= LARGEST_CODE else None


def webhook_error(value: object) -> WebhookError | None:
    """The first error of a status' `errors`; None when there is none to be read."""
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    for item in items:
        if isinstance(item, dict):
            return WebhookError(
                code=code_of(item.get("code")),
                title=text_of(item.get("title"), LONGEST_TITLE),
                message=text_of(item.get("message")),
                details=_details(item),
            )
    return None


def graph_error(document: object, http_status: int) -> GraphError | None:
    """The error in an answer's body; None when the body is not Meta's own word.

    A gateway in front of Meta may answer in a like shape, with the HTTP status as code and nothing else of
    Meta's: that is no proof that Meta refused the message.
    """
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return None
    code, kind = code_of(error.get("code")), text_of(error.get("type"))
    message, trace_id = text_of(error.get("message")), text_of(error.get("fbtrace_id"))
    if code is None and not (kind and message):
        return None
    if code == http_status and not (kind or trace_id or "error_data" in error):
        return None
    message = _CODE_PREFIX.sub("", message) or None if message else None
    title = lookup(code).title or text_of(error.get("error_user_title"), LONGEST_TITLE)
    if title and message and title.casefold() == message.rstrip(".").casefold():
        title = None
    transient = error.get("is_transient")
    return GraphError(
        code=code,
        title=title,
        message=message,
        details=_details(error) or text_of(error.get("error_user_msg")),
        subcode=integer_of(error.get("error_subcode")),
        kind=kind,
        is_transient=transient if isinstance(transient, bool) else None,
        trace_id=trace_id,
    )


def _details(error: dict) -> str | None:
    """In `error_data.details`, in `error_data` itself where that is text, or, as formerly, at the top."""
    data = error.get("error_data")
    if isinstance(data, dict):
        return text_of(data.get("details"))
    return text_of(data) or text_of(error.get("details"))
