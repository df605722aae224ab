"""What a refusal looks like: a page with a sentence for people, or the API's JSON under /api/."""

import logging
import secrets

from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from campaign_app.domain.errors import Conflict, NotFound, Refused
from campaign_app.extensions import db
from campaign_app.web.api.errors import json_error

log = logging.getLogger(__name__)

API_PREFIX = "/api/"

# status -> (heading, sentence)
WORDS: dict[int, tuple[str, str]] = {
    400: ("That did not arrive whole", "Go back, reload the page and try once more."),
    401: ("Sign in first", "Sign in, then try once more."),
    403: ("Your role does not allow this", "Ask somebody with the admin role if you need it."),
    404: ("Page not found", "The address is wrong, or the thing was deleted."),
    405: ("This address does not take that", "Use the buttons of the pages."),
    409: ("Not possible as things stand", "Somebody may have changed it meanwhile."),
    410: ("This is over", "Ask for a new one."),
    413: ("Too large", "The file or form is larger than this app takes."),
    415: ("Wrong kind of content", "This address takes another kind of content."),
    422: ("Something in it is not right", "Correct it and try once more."),
    429: ("Too many tries", "Wait some minutes, then try once more."),
    500: ("Something went wrong here", "Nothing was half-done. Try once more."),
    503: ("The database is busy", "Wait some seconds, then try once more."),
}
EXPIRED_FORM = (
    "The form was open too long, or you signed out meanwhile. Go back, reload the page and try once more."
)


def status_of(refusal: Refused) -> int:
    """The HTTP status that stands for a refusal of the domain."""
    if isinstance(refusal, NotFound):
        return 404
    if isinstance(refusal, Conflict):
        return 409
    return 422


def register(app: Flask) -> None:
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(Exception, _unexpected)


def answer(
    status: int, sentence: str | None = None, fields: dict[str, list[str]] | None = None
) -> tuple[Response | str, int]:
    """The refusal in the shape that the address speaks: JSON under /api/, a page elsewhere."""
    heading, usual_sentence = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    reference = "-".join((secrets.token_hex(2), secrets.token_hex(2), secrets.token_hex(2)))
    log.log(logging.ERROR if status >= 500 else logging.INFO, "Answered %s, reference %s", status, reference)
    if request.path.startswith(API_PREFIX):
        return json_error(status, sentence, fields, reference), status
    page = render_template(
        "errors/show.html",
        layout="base_bare.html"
        if status >= 500
        else "base.html",  # a page of a broken database must not ask it for the user
        status=status,
        heading=heading,
        sentence=sentence or usual_sentence,
        fields=fields or {},
        reference=reference,
    )
    return page, status


def _refused(refusal: Refused):
    db.session.rollback()
    return answer(status_of(refusal), refusal.sentence, refusal.fields)


def _expired_form(_error: CSRFError):
    return answer(400, EXPIRED_FORM)


def _http(error: HTTPException):
    if error.code is None or error.code < 400:
        return error  # a redirect
    db.session.rollback()
    body, status = answer(error.code)
    headers = (
        {"Allow": ", ".join(sorted(error.valid_methods))} if getattr(error, "valid_methods", None) else {}
    )
    return body, status, headers


def _database_busy(error: OperationalError):
    log.error("The database did not answer in time: %s", error.orig)
    _forget_session()
    return (*answer(503), {"Retry-After": "5"})


def _unexpected(error: Exception):
    log.error("Unexpected %s at %s", type(error).__name__, request.endpoint, exc_info=error)
    _forget_session()
    return answer(500)


def _forget_session() -> None:
    try:
        db.session.rollback()
    except Exception:
        log.exception("Even the rollback failed")
