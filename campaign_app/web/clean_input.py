"""Refuses forms that are too large, and text that no database column takes, before any view sees them."""

from flask import Flask, abort, current_app, request
from flask_login import current_user

from campaign_app.database import reading
from campaign_app.domain.media import RULES
from campaign_app.domain.roles import Role
from campaign_app.extensions import db

LARGEST_FORM_BYTES = 2**20  # without a file; a file comes as multipart and has a limit of its own

LARGEST_MEDIUM_BYTES = max(rule.most_bytes for rule in RULES.values()) + LARGEST_FORM_BYTES

FILE_ENDPOINTS = frozenset({"customer_imports.create"})  # they take a customer file
MEDIUM_ENDPOINTS = frozenset(
    {"campaign_messages.create", "campaign_messages.save", "campaign_messages.message"}
)

# They read the raw bytes of the body themselves.
_RAW_BODIES = frozenset({"webhook", "api"})


def register(app: Flask) -> None:
    # First of all: the check of the CSRF token reads the form.
    app.before_request_funcs.setdefault(None, []).insert(0, _limit_form)
    app.before_request(_refuse_nul)


def _limit_form() -> None:
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = LARGEST_FORM_BYTES
    elif request.endpoint in FILE_ENDPOINTS and _is_staff():
        request.max_content_length = current_app.config["LARGEST_FILE_BYTES"]
    elif request.endpoint in MEDIUM_ENDPOINTS and _is_staff():
        request.max_content_length = LARGEST_MEDIUM_BYTES


def _is_staff() -> bool:
    """Asked before the body is read, which may take minutes: no transaction may stay open meanwhile."""
    with reading():
        is_staff = current_user.may(Role.STAFF)
        db.session.rollback()
    return is_staff


def _refuse_nul() -> None:
    # PostgreSQL stores no NUL sign, and nobody types one.
    texts = [request.path, *request.args.values()]
    is_form = request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")
    if is_form and not _RAW_BODIES.intersection(request.blueprints):
        for values in request.form.listvalues():
            texts.extend(values)
    if any("\0" in text for text in texts):
        abort(400)
