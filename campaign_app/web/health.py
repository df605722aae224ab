"""Signs of life for whoever watches the server, and measurements for a monitoring system."""

from ipaddress import ip_address

from flask import Blueprint, Response, request

from campaign_app.domain.clock import utc_now
from campaign_app.domain.prometheus_text import CONTENT_TYPE, exposition
from campaign_app.schema import head
from campaign_app.services.api_tokens import find_token, note_use
from campaign_app.services.health import unwell
from campaign_app.services.metrics import measurements

blueprint = Blueprint("health", __name__)

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
HOW = "From another machine, send the header “Authorization: Bearer TOKEN” with an API token.\n"


@blueprint.get("/healthz")
def alive():
    """200 while the process serves."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def ready():
    """200 when database, migrations and scheduler are well, else 503 with the names of what is not."""
    faults = unwell(head(), utc_now())
    return ({"status": "unwell", "unwell": faults}, 503) if faults else {"status": "ok", "unwell": []}


@blueprint.get("/metrics")
def metrics():
    """For this machine itself, and for whoever has an API token of any role."""
    if not (_is_from_this_machine() or _has_token()):
        return Response(HOW, 401, {"WWW-Authenticate": 'Bearer realm="Campaign App"'}, mimetype="text/plain")
    return Response(exposition(measurements(head(), utc_now())), content_type=CONTENT_TYPE)


def _is_from_this_machine() -> bool:
    """Behind a proxy on this machine everybody seems to come from it: whatever was forwarded is not meant."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    scheme, _, plain = request.headers.get("Authorization", "").strip().partition(" ")
    token = find_token(plain.strip()) if scheme.lower() == "bearer" and plain.strip() else None
    if token is not None:
        note_use(token, utc_now())
    return token is not None
