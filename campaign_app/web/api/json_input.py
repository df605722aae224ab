"""The body of a request: read as JSON once, checked for what no database keeps, then against its model."""

import json
import math
from typing import Any, TypeVar

from flask import abort, g, request
from pydantic import BaseModel, ValidationError

from campaign_app.domain.errors import Invalid
from campaign_app.web.api.errors import NotJson
from campaign_app.web.api.field_sentences import fields_of

LARGEST_BODY = 5 * 2**20  # bytes: a thousand customers with long attributes
DEEPEST = 32  # objects and lists in each other
LARGEST_WHOLE_NUMBER = 2**53  # beyond it JSON programs round (RFC 8259 §6)
MOST_FAULTS = 100  # told in one answer

EXAMPLE = "Send JSON with the header “Content-Type: application/json”."

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model]) -> Model:
    """The body as `model`. Raises NotJson, Invalid with a sentence for each wrong field."""
    value = json_body()
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.")
    return checked(model, value)


def checked(model: type[Model], value: dict[str, Any]) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = fields_of(error, MOST_FAULTS)
    raise Invalid(_summary(fields), fields)


def json_body() -> Any:
    """The body as Python values; an empty one counts as `{}`. Raises NotJson, Invalid."""
    if "api_body" not in g:
        request.max_content_length = LARGEST_BODY
        raw = request.get_data(cache=False)
        if request.content_length is None and len(raw) >= LARGEST_BODY:
            abort(413)  # of a body sent in chunks Werkzeug gives the beginning, without a word
        value = _parsed(raw) if raw.strip() else {}
        _refuse_unstorable(value)
        g.api_body = value
    return g.api_body


def _parsed(raw: bytes) -> Any:
    kind = request.mimetype
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise NotJson(f"The body is {kind}. {EXAMPLE}")
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise NotJson("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise NotJson(
            f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise NotJson("The body is nested too deeply.") from None
    except ValueError as error:  # a number of thousands of digits, and what the two hooks refuse
        raise NotJson(f"The body is not JSON that can be read: {error}") from None


def _refuse_constant(name: str):
    raise ValueError(f"{name} is no JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object.")
    return found


def _refuse_unstorable(body: Any) -> None:
    """Raise Invalid for what the databases refuse or keep in another way."""
    left = [("", body, 0)]
    while left:
        path, value, depth = left.pop()
        fault = _fault(value, depth)
        if fault:
            raise Invalid(f"{path or 'The body'}: {fault}", {path: [fault]} if path else None)
        if isinstance(value, dict):
            for name, item in value.items():
                here = f"{path}.{name[:80]}" if path else name[:80]
                if fault := _fault(name, depth):
                    here = here.encode("ascii", "backslashreplace").decode().replace("\0", "\\0")
                    raise Invalid(f"{here}: {fault}", {here: [fault]})
                left.append((here, item, depth + 1))
        elif isinstance(value, list):
            left.extend(
                (f"{path}.{place}" if path else str(place), item, depth + 1)
                for place, item in enumerate(value)
            )


def _fault(value: Any, depth: int) -> str | None:
    if depth > DEEPEST:
        return f"Nested more than {DEEPEST} deep."
    if isinstance(value, str):
        if "\0" in value:
            return "A text must not hold the sign NUL."
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            return "A text must not hold half of a surrogate pair."
    elif isinstance(value, float) and not math.isfinite(value):
        return "The number is too large."
    elif isinstance(value, int) and abs(value) > LARGEST_WHOLE_NUMBER:
        return "The number is too large to be kept exactly: send it as text."
    return None


def _summary(fields: dict[str, list[str]]) -> str:
    name, sentences = next(iter(fields.items()))
    more = len(fields) - 1
    return f"{name}: {sentences[0]}" + (f" And {more} more." if more else "")
