"""Where WhatsApp delivers: verified over the raw bytes, stored durably, answered; everything else happens later."""

import hmac
import logging

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Request
from werkzeug import Response as PlainResponse
from werkzeug.exceptions import HTTPException

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.group_commit import GroupCommit
from campaign_app.services.webhook_inbox import event_of, store_all
from campaign_app.whatsapp.signature import is_valid

blueprint = Blueprint("webhook", __name__, url_prefix="/webhook")

log = logging.getLogger(__name__)

ADDRESS = "/webhook/whatsapp"
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
        secret = app.config["SETTINGS"].whatsapp_app_secret
        self._secrets = [secret] if secret else []
        with app.app_context():
            # Bodies that arrive together share one commit: each waits for the disk once, not once for every one before it.
            self._inbox = GroupCommit(db.engine, store_all)

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != ADDRESS:
            return self._everything_else(environ, start_response)
        answer = PlainResponse(status=self._receive(Request(environ)), mimetype="text/plain")
        return answer(environ, start_response)

    def _receive(self, request: Request) -> int:
        """200 only when the body is committed; 403 without a right signature; 503 when the database cannot take it, so
        that WhatsApp delivers again."""
        request.max_content_length = LARGEST_BODY
        try:
            raw = request.get_data(cache=False)
        except HTTPException as error:  # too large, or broken off
            return error.code
        if not is_valid(raw, request.headers.get("X-Hub-Signature-256"), self._secrets):
            return 403
        try:
            self._inbox.write(event_of(raw, utc_now()))
        except SQLAlchemyError as error:
            log.error("A webhook could not be stored: %s", getattr(error, "orig", None) or error)
            return 503
        return 200
