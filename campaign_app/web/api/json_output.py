"""Values as JSON answers: in the order of their keys, with every sign as itself."""

import json
from typing import Any

from flask import Response, current_app


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
