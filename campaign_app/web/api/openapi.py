"""The description of the API as OpenAPI 3.1, made from the routes, the views' operations and the models."""

import inspect
import re
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from campaign_app.domain.roles import Role
from campaign_app.web.access import ROLE_ATTRIBUTE
from campaign_app.web.api.errors import WORDS
from campaign_app.web.api.operations import ATTRIBUTE, Operation

PREFIX = "/api/marketing"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")

DESCRIPTION = """Campaigns of WhatsApp template messages: set up, launched, followed.

Every call needs `Authorization: Bearer TOKEN`. Tokens of the role viewer may read, those of the role staff may also change,
launch and stop. Times are ISO 8601 with zone; naive times are local times of the business time zone. Unknown fields and
parameters are refused. A POST with an `Idempotency-Key` can be repeated safely: the same key and body get the same answer,
the same key with another body is a 409. A token may make so many requests a minute as `RateLimit-Limit` says;
`RateLimit-Remaining` are left, and in `RateLimit-Reset` seconds the next minute begins."""

TAGS = {
    "campaigns": "Campaigns",
    "campaign_verbs": "Launching and stopping",
    "recipients": "Recipients",
    "stats": "Numbers and failures",
    "process": "Processing",
    "customers": "Customers",
    "opt_outs": "Opt-outs",
    "number": "The sending number",
}

ERROR_SCHEMA = {
    "type": "object",
    "description": "The shape of every refusal.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "A word for programs."},
                "message": {"type": "string", "description": "A sentence for people."},
                "fields": {
                    "type": "object",
                    "description": "What is wrong with each field.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
                "reference": {
                    "type": "string",
                    "description": "With 5xx: finds the fault in the server's log.",
                },
            },
        }
    },
}


def description(app: Flask) -> dict[str, Any]:
    """The whole document."""
    described = operations_of(app)
    schemas = _schemas([operation for _, _, _, operation in described])
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, view, operation in described:
        path = _CONVERTER.sub(r"{\1}", rule.rule.removeprefix(PREFIX))
        paths.setdefault(path, {})[method.lower()] = _operation(
            rule, method, view, operation, schemas["names"]
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Campaign App", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in TAGS.values()],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas["definitions"], "Error": ERROR_SCHEMA},
            "responses": {str(status): _refusal(status, sentence) for status, (_, sentence) in WORDS.items()},
        },
    }


def operations_of(app: Flask) -> list[tuple[Rule, str, Any, Operation]]:
    """Every described view of the API, in the order in which people look for it."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        operation = getattr(view, ATTRIBUTE, None)
        if operation is not None:
            found += [(rule, method, view, operation) for method in METHODS if method in rule.methods]
    tags, endpoints = list(TAGS), list(app.view_functions)
    return sorted(found, key=lambda one: (tags.index(_tag(one[0])), endpoints.index(one[0].endpoint)))


def _tag(rule: Rule) -> str:
    return rule.endpoint.split(".")[1]


def _schemas(operations: list[Operation]) -> dict[str, Any]:
    """`names`: model → reference; `definitions`: the schemas that they refer to."""
    models = {model for one in operations for model in (one.body, one.answer) if model is not None}
    wanted = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    references, whole = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    definitions = {name: _without_null_defaults(schema) for name, schema in whole["$defs"].items()}
    return {
        "names": {model: reference for (model, _), reference in references.items()},
        "definitions": definitions,
    }


def _without_null_defaults(schema: Any) -> Any:
    """A default of null says nothing that "not required" does not, and is false for fields that refuse null."""
    if isinstance(schema, dict):
        return {
            name: _without_null_defaults(value)
            for name, value in schema.items()
            if not (name == "default" and value is None) and not (name == "title" and isinstance(value, str))
        }
    return [_without_null_defaults(item) for item in schema] if isinstance(schema, list) else schema


def _operation(
    rule: Rule, method: str, view: Any, operation: Operation, names: dict[type, dict]
) -> dict[str, Any]:
    role = getattr(view, ROLE_ATTRIBUTE)
    who = "Any token." if role == Role.VIEWER else "Tokens of the role staff."
    described = {
        "operationId": rule.endpoint.removeprefix("api.").replace(".", "_"),
        "tags": [TAGS[_tag(rule)]],
        "summary": operation.summary,
        "description": " ".join(f"{inspect.getdoc(view) or ''} {who}".split()),
        "parameters": [
            *_path_parameters(rule),
            *_query_parameters(operation.query),
            *_header_parameters(method, operation),
        ],
        "responses": _responses(rule, operation, names),
    }
    if operation.body is not None:
        body_needed = any(field.is_required() for field in operation.body.model_fields.values())
        described["requestBody"] = {
            "required": body_needed,
            "content": {"application/json": {"schema": names[operation.body]}},
        }
    return described


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    schemas = {
        "campaign_id": {"type": "string", "format": "uuid"},
        "phone_number": {
            "type": "string",
            "examples": ["+919876543210"],
            "description": "E.164; the + may be left out.",
        },
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schemas[name]}
        for name in _CONVERTER.findall(rule.rule)
    ]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    whole = query.model_json_schema()
    parameters = []
    for name, schema in whole["properties"].items():
        schema = _not_null(_inlined(_without_null_defaults(schema), whole.get("$defs", {})))
        text = schema.pop("description", "")
        parameters.append(
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
        )
    return parameters


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out, never null."""
    kinds = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name != "anyOf"}}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _without_null_defaults(definitions[schema["$ref"].rsplit("/", 1)[1]])
        return {name: _inlined(value, definitions) for name, value in schema.items()}
    return [_inlined(item, definitions) for item in schema] if isinstance(schema, list) else schema


def _header_parameters(method: str, operation: Operation) -> list[dict[str, Any]]:
    if operation.tagged:
        text = "The `ETag` of an answer from before: where nothing has changed, the answer is a bare 304."
        schema = {"type": "string", "maxLength": 200, "pattern": r'^(W/)?"[!#-~]*"$'}
        return [
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": text,
                "schema": schema,
            }
        ]
    if method != "POST":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]{1,255}$"}
    text = "Makes a repetition safe: the same key and body get the same answer, for two days."
    return [
        {"name": "Idempotency-Key", "in": "header", "required": False, "description": text, "schema": schema}
    ]


def _responses(rule: Rule, operation: Operation, names: dict[type, dict]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status in (operation.status, *operation.answers_too):
        answer: dict[str, Any] = {
            "description": {200: "Done.", 201: "Made.", 202: "Asked for.", 204: "Done."}[status]
        }
        if operation.answer is not None:
            answer["content"] = {"application/json": {"schema": names[operation.answer]}}
        if operation.located and status == 201:
            answer["headers"] = {
                "Location": {"schema": {"type": "string"}, "description": "The address of what was made."}
            }
        answers[str(status)] = answer
    if operation.tagged:
        answers["304"] = {"description": "As it was."}
    refusals = {401, 403, 405, 429, 500, 503}
    if rule.arguments:
        refusals |= {404}
    if operation.body is not None:
        refusals |= {400, 409, 413, 422} if "POST" in rule.methods else {400, 413, 422}
    if operation.query is not None:
        refusals |= {400, 422}
    if operation.conflicts:
        refusals |= {409}
    return answers | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(refusals)
    }


def _refusal(status: int, sentence: str) -> dict[str, Any]:
    retry = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
    return {
        "description": sentence,
        **({"headers": {"Retry-After": retry}} if status in (429, 503) else {}),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
