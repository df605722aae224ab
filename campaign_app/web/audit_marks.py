"""What the audit trail is told of every request: where it came from, and what was taken out of the app as a file."""

from flask import Flask, Response, current_app, request
from flask_login import current_user

from campaign_app.domain.roles import Role
from campaign_app.services import audit
from campaign_app.web.access import ROLE_ATTRIBUTE


def register(app: Flask) -> None:
    app.before_request(_note_where)
    app.after_request(_note_export)
    app.teardown_request(_forget_where)


def _note_where() -> None:
    audit.came_from.set(request.remote_addr)


def _forget_where(_error) -> None:
    audit.came_from.set(None)  # the thread serves others next


def _note_export(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    holds_data = getattr(view, ROLE_ATTRIBUTE, Role.VIEWER) >= Role.STAFF
    is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
    if is_file and holds_data and response.status_code == 200 and request.method == "GET":
        subject_id = (request.view_args or {}).get("campaign_id")
        kind = "campaign" if subject_id else "audit" if request.endpoint == "audit.download" else "customers"
        audit.record_apart(current_user.email, f"{kind}.exported", kind, subject_id, {"file": request.path})
    return response
