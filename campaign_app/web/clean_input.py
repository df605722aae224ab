"""Refuses text that no database column takes, before any view sees it."""

from flask import Flask, abort, request

# They read the raw bytes of the body themselves.
_RAW_BODIES = frozenset({"webhook", "api"})


def register(app: Flask) -> None:
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    # PostgreSQL stores no NUL sign, and nobody types one.
    texts = [request.path, *request.args.values()]
    if not _RAW_BODIES.intersection(request.blueprints) and request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        for values in request.form.listvalues():
            texts.extend(values)
    if any("\0" in text for text in texts):
        abort(400)
