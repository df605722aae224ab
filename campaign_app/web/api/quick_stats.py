"""The numbers of a campaign for programs that ask again and again, given before Flask begins its work.

Only the plain case: a GET with a token in use, of a campaign that exists, within the token's limit. Everything else is handed on,
and so is whatever goes wrong: Flask's view finds the same, and says it.
"""

import re
import secrets
import time
from collections.abc import Callable
from uuid import UUID

from flask import Flask

from campaign_app.domain.clock import utc_now
from campaign_app.services.api_rates import Rate, spend_request
from campaign_app.services.api_tokens import note_use
from campaign_app.services.quick_stats import quick_stats
from campaign_app.web.api.json_output import CACHE_CONTROL, as_text, tag_of
from campaign_app.web.api.rates import rate_headers
from campaign_app.web.headers import standard_headers

ENDPOINT = "api.stats.show"
_PATH = re.compile(r"/api/marketing/campaigns/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/stats")
_NOT_PLAIN = ("QUERY_STRING", "HTTP_IF_NONE_MATCH", "HTTP_RANGE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")

Answer = tuple[bytes, list[tuple[str, str]]]


class QuickStats:
    """Stands where Flask's own WSGI function stood, inside of all that is put around it."""

    def __init__(self, app: Flask, note_answer: Callable[..., None]):
        self._everything_else = app.wsgi_app
        self._app = app
        self._note_answer = note_answer
        self._limit = app.config["SETTINGS"].api_requests_per_minute

    def __call__(self, environ, start_response):
        path = _PATH.fullmatch(environ["PATH_INFO"])
        if path is None or environ["REQUEST_METHOD"] != "GET" or any(map(environ.get, _NOT_PLAIN)):
            return self._everything_else(environ, start_response)
        scheme, _, plain = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        answer = self._answer(plain, path[1], environ) if scheme == "Bearer" else None
        if answer is None:
            return self._everything_else(environ, start_response)
        body, headers = answer
        start_response("200 OK", headers)
        return [body]

    def _answer(self, plain: str, campaign_id: str, environ) -> Answer | None:
        begun_at, now = time.monotonic(), utc_now()
        with self._app.app_context():
            found = quick_stats(plain, UUID(campaign_id), now)
            if found is None:
                return None
            token, stats = found
            note_use(token, now)
            rate = spend_request(token.id, self._limit, now) if self._limit else None
        if rate is not None and rate.is_over:
            return None
        text = as_text(stats.as_json())
        request_id = secrets.token_hex(8)
        self._note_answer("GET", ENDPOINT, 200, begun_at, {"request": request_id, "campaign": campaign_id})
        return text.encode(), self._headers(text, rate, request_id, environ["wsgi.url_scheme"] == "https")

    @staticmethod
    def _headers(text: str, rate: Rate | None, request_id: str, is_secure: bool) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(text.encode()))),
            ("ETag", f'"{tag_of(text)}"'),
            ("Cache-Control", CACHE_CONTROL),
            ("X-Request-ID", request_id),
            *(rate_headers(rate) if rate is not None else ()),
            *standard_headers(is_secure),
        ]


def register(app: Flask, note_answer: Callable[..., None]) -> None:
    """`note_answer` writes the line of the log; it is handed over because imports go down."""
    app.wsgi_app = QuickStats(app, note_answer)
