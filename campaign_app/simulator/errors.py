"""Meta's errors by code: HTTP status, title and details, as Graph answers them and as webhooks carry them."""

import base64
import os
from dataclasses import dataclass

from .error_catalogue import CATALOGUE, CataloguedError

HELP_URL = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
GRAPH_METHOD_CODES = {2, 33, 803}
THROTTLING_CODES = {4, 17, 32, 613, 80007, 130429, 131048, 131056}
TRANSIENT_CODES = {2, 4, 17, 613, 80007}
# A token or permission that is not good is not good for any address, so these are answered on every path.
EVERY_PATH_CODES = {0, 3, 10, 104, 190, *range(200, 300)}
SUBCODES = {190: 463}


@dataclass(eq=False)
class Refusal(Exception):
    """A request that Graph answers with an error. `details` replaces the catalogue's own; `message` replaces
    "(#code) title"; `status` replaces the code's usual HTTP status.
    """

    code: int
    details: str | None = None
    message: str | None = None
    status: int | None = None
    subcode: int | None = None

    @property
    def http_status(self) -> int:
        return self.status or catalogued(self.code).http_status

    def body(self) -> dict:
        """Graph's JSON: `{"error": {message, type, code, error_data?, error_subcode?, fbtrace_id}}`."""
        entry = catalogued(self.code)
        details = self.details if self.details is not None or self.message else entry.details
        error = {
            "message": self.message or f"(#{self.code}) {entry.title}",
            "type": "GraphMethodException" if self.is_graph_method else "OAuthException",
            "code": self.code,
        }
        if details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if subcode := self.subcode or SUBCODES.get(self.code):
            error["error_subcode"] = subcode
        if self.code in TRANSIENT_CODES:
            error["is_transient"] = True
        error["fbtrace_id"] = trace_id()
        return {"error": error}

    @property
    def is_graph_method(self) -> bool:
        return self.code in GRAPH_METHOD_CODES or (self.code == 100 and self.subcode == 33)


def catalogued(code: int) -> CataloguedError:
    """The catalogue's entry; for an unknown code, one that says so (Meta adds codes without notice)."""
    return CATALOGUE.get(code) or CataloguedError(400, "Unknown error", "The simulator has no text for it.")


def webhook_error(code: int, details: str | None = None) -> dict:
    """The element of `errors` in a failed status: `{code, title, message, error_data: {details}, href}`."""
    entry = catalogued(code)
    return {
        "code": code,
        "title": entry.title,
        "message": entry.title,
        "error_data": {"details": details or entry.details or entry.title},
        "href": HELP_URL,
    }


def no_such_object(object_id: str, verb: str) -> Refusal:
    """What Graph answers for an id that is wrong or not ours: code 100, subcode 33."""
    return Refusal(
        100,
        message=f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation.",
        subcode=33,
    )


def trace_id() -> str:
    return "A" + base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
