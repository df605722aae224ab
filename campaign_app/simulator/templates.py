"""The account's message templates: listed page by page, found by name and language, changed while running."""

import base64
import binascii
import copy
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from .default_templates import DEFAULT_TEMPLATES
from .errors import Refusal
from .template_shape import TemplateShape, shape_of

STATUSES = (
    "APPROVED",
    "PENDING",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "IN_APPEAL",
    "PENDING_DELETION",
    "DELETED",
    "LIMIT_EXCEEDED",
    "ARCHIVED",
)
DEFAULT_FIELDS = ("name", "parameter_format", "components", "language", "status", "category", "id")
FIRST_ID = 1192339204650000
DEFAULT_PAGE = 25
_REASONS = {"REJECTED": "INVALID_FORMAT", "PAUSED": None, "DISABLED": None}
_PAUSE_INFO = {
    "title": "FIRST_PAUSE",
    "description": "Your message template was paused for 3 hours for low quality.",
}


class TemplateStore:
    """Templates in the order of their making; identity is name and language."""

    def __init__(self):
        self._templates: dict[tuple[str, str], dict] = {}
        self._shapes: dict[tuple[str, str], TemplateShape] = {}
        self.reset()

    def reset(self) -> None:
        self._templates.clear()
        self._shapes.clear()
        for template in DEFAULT_TEMPLATES:
            self.put(template)

    def put(self, changes: Mapping) -> dict:
        """Add a template, or change the fields of the one with this name and language, and return it.

        Raises ValueError when it is new and has no components, or has a status that Meta does not know.
        """
        key = (str(changes.get("name", "")), str(changes.get("language", "")))
        status = changes.get("status", "APPROVED")
        if status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}")
        if key not in self._templates:
            if not all(key) or not isinstance(changes.get("components"), list):
                raise ValueError(
                    f"no template {key[0]!r} in {key[1]!r}; a new one needs name, language and components"
                )
            defaults = {
                "id": str(FIRST_ID + len(self._templates) + 1),
                "status": "APPROVED",
                "category": "MARKETING",
                "parameter_format": "POSITIONAL",
                "rejected_reason": "NONE",
                "quality_score": {"score": "GREEN", "date": int(time.time())},
            }
            self._templates[key] = defaults
        template = self._templates[key]
        template.update(copy.deepcopy(dict(changes)))
        self._shapes[key] = shape_of(template)
        return template

    def shape(self, name: str, language: str) -> TemplateShape | None:
        return self._shapes.get((name, language))

    def by_id(self, template_id: str) -> dict | None:
        return next((one for one in self._templates.values() if one["id"] == template_id), None)

    def page(self, query: Mapping[str, str], address: str) -> dict:
        """One page as `{"data": […], "paging": {"cursors": {before, after}, "next"?, "previous"?}}`.

        `query` holds fields, limit, after, before and the filters; `address` is the list's own absolute URL.
        Raises Refusal for a limit or cursor that Graph would refuse.
        """
        limit = _limit(query.get("limit"))
        matching = [one for one in self._templates.values() if _matches(one, query)]
        if "before" in query:
            end = min(_cursor_place(query["before"]), len(matching))
            start = max(0, end - limit)
        else:
            start = min(_cursor_place(query["after"]) + 1 if "after" in query else 0, len(matching))
            end = min(start + limit, len(matching))
        answer: dict = {"data": [chosen_fields(one, query.get("fields")) for one in matching[start:end]]}
        if start < end:
            answer["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(end - 1)}}
            kept = {
                name: value
                for name, value in query.items()
                if name not in ("after", "before", "limit", "access_token")
            }
            if end < len(matching):
                answer["paging"]["next"] = _link(address, {**kept, "limit": limit, "after": _cursor(end - 1)})
            if start > 0:
                answer["paging"]["previous"] = _link(
                    address, {**kept, "limit": limit, "before": _cursor(start)}
                )
        return answer


def status_webhook(template: dict) -> dict:
    """The value of the `message_template_status_update` that tells of the template's present status."""
    status = template["status"]
    value = {
        "event": status,
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "message_template_category": template["category"],
        "reason": _REASONS.get(status, "NONE"),
    }
    if status == "PAUSED":
        value["other_info"] = _PAUSE_INFO
    if status == "DISABLED":
        value["disable_info"] = {"disable_date": int(time.time())}
    return value


def chosen_fields(template: dict, wanted: str | None) -> dict:
    """The template with the asked fields, its id always among them, as Graph gives them."""
    names = [name.split("{")[0].strip() for name in wanted.split(",")] if wanted else list(DEFAULT_FIELDS)
    return {name: template[name] for name in dict.fromkeys([*names, "id"]) if name in template}


def _matches(template: dict, query: Mapping[str, str]) -> bool:
    if "name" in query and query["name"].lower() not in template["name"]:
        return False
    for field in ("status", "category", "language"):
        if field in query and template[field].lower() != query[field].lower():
            return False
    if "quality_score" in query:
        return template.get("quality_score", {}).get("score", "").lower() == query["quality_score"].lower()
    return True


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE
    if not text.isdigit() or not 0 < int(text) <= 1000:
        raise Refusal(100, message="(#100) Param limit must be a number from 1 to 1000")
    return int(text)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"{place}".encode()).decode().rstrip("=") + "ZD"


def _cursor_place(cursor: str) -> int:
    try:
        encoded = cursor.removesuffix("ZD")
        return int(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Refusal(100, message="(#100) Invalid cursors values supplied") from error


def _link(address: str, query: dict) -> str:
    return f"{address}?{urlencode(query)}"
