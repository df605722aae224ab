"""The description of the API, for programs and as a page for people."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, render_template

from campaign_app.web.api.authentication import open_to_everybody
from campaign_app.web.api.json_output import json_answer
from campaign_app.web.api.openapi import METHODS, PREFIX, description

blueprint = Blueprint("docs", __name__)


@dataclass(frozen=True)
class FieldLine:
    """One field or parameter; `kind` in words."""

    name: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True)
class Call:
    """One call of the API as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[FieldLine] = field(default_factory=list)
    body: list[FieldLine] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)  # status, what it means
    answer: list[FieldLine] = field(default_factory=list)


@blueprint.get("/openapi.json")
@open_to_everybody
def openapi():
    return json_answer(_description())


@blueprint.get("/docs")
@open_to_everybody
def show():
    document = _description()
    sections = [(tag["name"], _calls(document, tag["name"])) for tag in document["tags"]]
    return render_template("api/docs.html", lead=document["info"]["description"], sections=sections)


def _description() -> dict[str, Any]:
    """Made at the first question: the routes do not change while the app runs."""
    kept = current_app.extensions.get("api_description")
    if kept is None:
        kept = current_app.extensions["api_description"] = description(current_app)
    return kept


def _calls(document: dict[str, Any], tag: str) -> list[Call]:
    return [
        _call(document, method.upper(), path, methods[method])
        for path, methods in document["paths"].items()
        for method in map(str.lower, METHODS)
        if method in methods and tag in methods[method]["tags"]
    ]


def _call(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Call:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    done = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    answer = done.get("content", {}).get("application/json", {}).get("schema", {})
    return Call(
        id=operation["operationId"],
        method=method,
        path=PREFIX + path,
        summary=operation["summary"],
        text=operation["description"],
        parameters=[
            FieldLine(
                one["name"],
                _kind(one["schema"]),
                one["required"],
                one.get("description") or one["schema"].get("description", ""),
            )
            for one in operation["parameters"]
        ],
        body=_fields(document, body),
        answers=[
            (status, _resolved(document, answer)["description"])
            for status, answer in operation["responses"].items()
        ],
        answer=_fields(document, answer),
    )


def _fields(document: dict[str, Any], schema: dict[str, Any], prefix: str = "") -> list[FieldLine]:
    schema = _resolved(document, schema)
    lines = []
    for name, inner in schema.get("properties", {}).items():
        lines.append(
            FieldLine(
                prefix + name, _kind(inner), name in schema.get("required", []), inner.get("description", "")
            )
        )
        items = _resolved(document, inner.get("items", {}))
        if "properties" in items:
            lines += _fields(document, items, f"{prefix}{name}[].")
    return lines


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: Any = schema
    while "$ref" in found:
        place: Any = document
        for part in found["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        found = place
    return found


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words.

    >>> _kind({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]})
    'date-time or null'
    """
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1].removesuffix("Answer")
    kinds = schema.get("type", "any value")
    if isinstance(kinds, list):
        return " or ".join(kinds)
    if kinds == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    bounds = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    kind = schema.get("format", kinds)
    return f"{kind} {'–'.join(bounds)}" if len(bounds) == 2 else kind
