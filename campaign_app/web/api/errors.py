"""The one shape of every refusal under /api/."""

from flask import Response

from campaign_app.web.api.json_output import json_answer

# status -> (code, the usual sentence)
WORDS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read."),
    401: ("unauthorized", "A token is needed."),
    403: ("forbidden", "The token's role does not allow this."),
    404: ("not_found", "There is nothing at this address."),
    405: (
        "method_not_allowed",
        "This address does not take that method; the header “Allow” names those that it takes.",
    ),
    409: ("conflict", "The state of the thing forbids this."),
    413: ("too_large", "The body is larger than this address takes."),
    422: ("invalid", "Some fields need another look."),
    429: ("too_many_requests", "Too many requests: wait, then go on."),
    500: ("internal_error", "Something went wrong here. Nothing was half-done."),
    503: ("unavailable", "The database is busy: try once more in some seconds."),
}


class NotJson(Exception):
    """The body cannot be read as JSON: mapped to 400."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


def json_error(
    status: int, sentence: str | None, fields: dict[str, list[str]] | None, reference: str
) -> Response:
    """`{"error": {"code", "message", "fields"?, "reference"?}}`; the reference finds a fault of ours in the log."""
    code, usual = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    error: dict = {"code": code, "message": sentence or usual}
    if fields:
        error["fields"] = fields
    if status >= 500:
        error["reference"] = reference
    return json_answer({"error": error}, status)
