"""Where WhatsApp delivers: verified over the raw bytes, stored durably, answered; everything else happens later."""

import hmac
import logging

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import csrf
from campaign_app.services.group_commit import GroupCommit
from campaign_app.services.webhook_inbox import store_all
from campaign_app.whatsapp.signature import is_valid

blueprint = Blueprint("webhook", __name__, url_prefix="/webhook")
csrf.exempt(blueprint)  # the signature is the proof of origin

log = logging.getLogger(__name__)

# Bodies that arrive together share one commit: each waits for the disk once, not once for every one before it.
_inbox = GroupCommit(store_all)

LARGEST_BODY = 3 * 2**20  # Source: Meta, "Webhooks: payload size", 3 MB


@blueprint.get("/whatsapp")
def handshake():
    """Meta asks once whether this address is ours: the challenge as plain text, or 403."""
    expected = current_app.config["SETTINGS"].whatsapp_verify_token or ""
    given = request.args.get("hub.verify_token", "")
    right = bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
    if request.args.get("hub.mode") != "subscribe" or not right:
        return _answer(403)
    return Response(request.args.get("hub.challenge", ""), mimetype="text/plain")


@blueprint.post("/whatsapp")
def receive():
    """200 only when the body is committed; 403 without a right signature; 503 when the database cannot take it, so that
    WhatsApp delivers again."""
    request.max_content_length = LARGEST_BODY
    raw = request.get_data(cache=False)
    secret = current_app.config["SETTINGS"].whatsapp_app_secret
    if not is_valid(raw, request.headers.get("X-Hub-Signature-256"), [secret] if secret else []):
        return _answer(403)
    try:
        _inbox.write((raw, utc_now()))
    except SQLAlchemyError as error:
        log.error("A webhook could not be stored: %s", getattr(error, "orig", None) or error)
        return _answer(503)
    return _answer(200)


def _answer(status: int) -> Response:
    return Response(b"", status=status, mimetype="text/plain")
