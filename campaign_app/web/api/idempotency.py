"""`Idempotency-Key`: a POST that is repeated under its key gets the first one's answer and does nothing more."""

import json
import re
from hashlib import sha256
from typing import Any

from flask import Response, g, request

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid, Refused
from campaign_app.extensions import db
from campaign_app.services.idempotent_requests import KeptAnswer, keep_answer, kept_answer
from campaign_app.web.api.authentication import caller
from campaign_app.web.api.json_input import json_body
from campaign_app.web.api.json_output import as_text, json_response
from campaign_app.web.errors import answer, status_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def commit_once(value: Any, status: int = 200, location: str | None = None) -> Response:
    """Commit the transaction in progress, and with it this answer under the request's key.

    Where the same request was carried out meanwhile by another worker, ours is undone and that one's answer is given.
    """
    text = as_text(value)
    if (key := _key()) is not None:
        kept = KeptAnswer(_fingerprint(), status, text, location)
        if not keep_answer(caller().token_id, key, kept, utc_now()):
            db.session.rollback()
            return _replayed(key)
    db.session.commit()
    return json_response(text, status, location)


def answer_again():
    """Before every view: the answer that the key got already, if it has one."""
    if request.method != "POST" or "api_caller" not in g or _key() is None:
        return None
    _fingerprint()  # reads the body: no transaction may be open while it arrives
    return _replayed(_key())


def refused(refusal: Refused):
    """A refusal is the answer, unless the very same request was carried out meanwhile: then its answer is."""
    db.session.rollback()
    if isinstance(refusal, Conflict) and "api_caller" in g and _key() is not None:
        try:
            again = _replayed(_key())
        except Conflict as other_use:
            refusal = other_use
        else:
            if again is not None:
                return again
    return answer(status_of(refusal), refusal.sentence, refusal.fields)


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None:
        return None
    if not _KEY.fullmatch(key):
        fault = "Use 1 to 255 visible ASCII signs, such as a UUID."
        raise Invalid(f"{HEADER}: {fault}", {HEADER: [fault]})
    return key


def _fingerprint() -> str:
    """Of method, address and body; how the body is spelt (spaces, order of keys) does not count."""
    if "api_fingerprint" not in g:
        same = json.dumps([request.method, request.path, json_body()], sort_keys=True)
        g.api_fingerprint = sha256(same.encode()).hexdigest()
    return g.api_fingerprint


def _replayed(key: str) -> Response | None:
    kept = kept_answer(caller().token_id, key)
    if kept is None:
        return None
    if kept.request_sha256 != _fingerprint():
        raise Conflict(f"This {HEADER} was used for another request. Use a new one for each request.")
    db.session.rollback()
    response = json_response(kept.text, kept.status_code, kept.location)
    response.headers[REPLAYED] = "true"
    return response
