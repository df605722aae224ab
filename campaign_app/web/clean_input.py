"""Refuses forms that are too large, and text that no database column takes, before any view sees them."""

from flask import Flask, abort, request

LARGEST_FORM_BYTES = 2**20  # without a file; a file comes as multipart and has a limit of its own

# They read the raw bytes of the body themselves.
_RAW_BODIES = frozenset({"webhook", "api"})


def register(app: Flask) -> None:
    # First of all: the check of the CSRF token reads the form.
    app.before_request_funcs.setdefault(None, []).insert(0, _limit_form)
    app.before_request(_refuse_nul)


def _limit_form() -> None:
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = LARGEST_FORM_BYTES


def _refuse_nul() -> None:
    # PostgreSQL stores no NUL sign, and nobody types one.
    texts = [request.path, *request.args.values()]
    is_form = request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")
    if is_form and not _RAW_BODIES.intersection(request.blueprints):
        for values in request.form.listvalues():
            texts.extend(values)
    if any("\0" in text for text in texts):
        abort(400)
