"""Values as JSON answers: in the order of their keys, with every sign as itself."""

import json
from hashlib import sha256
from typing import Any

from flask import Response, current_app, request

CACHE_CONTROL = "private, no-cache"  # kept, and asked about each time


def tag_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_response(text: str, status: int = 200, location: str | None = None) -> Response:
    """An answer of JSON that is text already."""
    response = current_app.response_class(text, status, mimetype="application/json")
    if location:
        response.headers["Location"] = location
    return response


def json_answer(value: Any, status: int = 200, location: str | None = None) -> Response:
    return json_response(as_text(value), status, location)


def tagged_answer(value: Any) -> Response:
    """With an ETag of what is said; 304 without a body where the program has just that already."""
    text = as_text(value)
    response = json_response(text)
    response.set_etag(tag_of(text))
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response.make_conditional(request)
