"""The one sentence in which a failed message says why."""

from campaign_app.domain.plain_text import one_line, shortened

MAX_LENGTH = 1000  # characters


def failure_reason(code: int | None, title: str | None, message: str | None, details: str | None) -> str:
    """`Error {code}: {title} - {message} ({details})`; what WhatsApp did not give goes with its punctuation.

    >>> failure_reason(131047, "Re-engagement message", "Re-engagement message not sent", "24 hours passed")
    'Error 131047: Re-engagement message - Re-engagement message not sent (24 hours passed)'
    >>> failure_reason(131026, "Message undeliverable", None, None)
    'Error 131026: Message undeliverable'
    >>> failure_reason(131000, None, "Something went wrong", "")
    'Error 131000: Something went wrong'
    >>> failure_reason(131053, None, None, "The link cannot be read")
    'Error 131053 (The link cannot be read)'
    >>> failure_reason(None, "Message undeliverable", None, None)
    'Error: Message undeliverable'
    >>> failure_reason(None, None, None, None)
    'Error'
    """
    title, message, details = (one_line(part or "") for part in (title, message, details))
    reason = "Error" if code is None else f"Error {code}"
    text = " - ".join(part for part in (title, message) if part)
    if text:
        reason += f": {text}"
    if details:
        reason += f" ({details})"
    return shortened(reason, MAX_LENGTH)
