"""Where WhatsApp delivers: verified over the raw bytes, stored durably, answered; everything else happens later."""

import hmac
import logging
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.group_commit import GroupCommit
from campaign_app.services.webhook_inbox import Arrival, store_all
from campaign_app.whatsapp.signature import is_valid

blueprint = Blueprint("webhook", __name__, url_prefix="/webhook")

log = logging.getLogger(__name__)

ADDRESS = "/webhook/whatsapp"
_HEADERS = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "0")]
LARGEST_BODY = 3 * 2**20  # Source: Meta, "Webhooks: payload size", 3 MB


def register(app: Flask) -> None:
    """Put the door for deliveries in front of everything else."""
    app.wsgi_app = Deliveries(app)


@blueprint.get("/whatsapp")
def handshake():
    """Meta asks once whether this address is ours: the challenge as plain text, or 403."""
    expected = current_app.config["SETTINGS"].whatsapp_verify_token or ""
    given = request.args.get("hub.verify_token", "")
    right = bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
    if request.args.get("hub.mode") != "subscribe" or not right:
        return Response(status=403, mimetype="text/plain")
    return Response(request.args.get("hub.challenge", ""), mimetype="text/plain")


class Deliveries:
    """Takes POSTs to the webhook's address before Flask does; hands on everything else.

    They are by far the most frequent requests, three for each message, and need nothing of what surrounds a page: no
    session, no CSRF token (the signature is the proof of origin), no user, no headers for browsers.
    """

    def __init__(self, app: Flask):
        self._everything_else = app.wsgi_app
        self._secrets = app.config["SETTINGS"].whatsapp_app_secrets
        with app.app_context():
            # Bodies that arrive together share one commit: each waits for the disk once, not once for every one before it.
            self._inbox = GroupCommit(db.engine, store_all)

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != ADDRESS:
            return self._everything_else(environ, start_response)
        status = HTTPStatus(self._receive(environ))
        start_response(f"{status.value} {status.phrase}", _HEADERS)
        return []

    def _receive(self, environ) -> int:
        """200 only when the body is committed; 403 without a right signature; 503 when the database cannot take it, so
        that WhatsApp delivers again."""
        try:
            raw = _body(environ)
        except HTTPException as error:
            return error.code
        if not is_valid(raw, environ.get("HTTP_X_HUB_SIGNATURE_256"), self._secrets):
            return 403
        try:
            self._inbox.write(Arrival(raw, utc_now()))
        except self._inbox.failures as error:
            # Not its further lines: they may show the row, with the numbers in it.
            log.error("A webhook could not be stored: %s", str(error).partition("\n")[0])
            return 503
        return 200


def _body(environ) -> bytes:
    """The request's body as it came. Raises what HTTP says of one that is too large or broken off."""
    length = int(environ.get("CONTENT_LENGTH") or -1)  # none: sent in chunks, whose end the server finds
    if length > LARGEST_BODY:
        raise RequestEntityTooLarge
    try:
        raw = environ["wsgi.input"].read(length if length >= 0 else LARGEST_BODY + 1)
    except OSError:  # chunks that are none, or a connection that is gone
        raise ClientDisconnected from None
    if len(raw) > LARGEST_BODY:
        raise RequestEntityTooLarge
    if len(raw) < length:
        raise ClientDisconnected
    return raw
