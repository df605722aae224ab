"""What all Graph paths share: the token check, the outage of everything, answers with Graph's headers."""

import hmac
import json

from aiohttp import web

from .behaviour import fate_from_text
from .errors import EVERY_PATH_CODES, Refusal, trace_id
from .settings import SimulatorSettings

HTML_ERROR = (
    "<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"
)
EVERY_PATH_KINDS = ("html_500", "empty_502", "bare_429")


def check_token(request: web.Request, settings: SimulatorSettings) -> None:
    """Raises Refusal 104 without a token, 190 with a wrong one, both with HTTP status 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "oauth") or not token:
        token = request.query.get("access_token", "")
    if not token:
        raise Refusal(104, message="An access token is required to request this resource.")
    if not hmac.compare_digest(token.strip().encode(), settings.access_token.encode()):
        raise Refusal(190, message="Invalid OAuth access token - Cannot parse access token", subcode=467)


def check_outage(settings: SimulatorSettings) -> web.Response | None:
    """On the paths other than messages: an outage that strikes everything, as an answer or a Refusal."""
    fate = fate_from_text(settings.outage) if settings.outage and settings.outage_share == 1 else None
    if fate is None:
        return None
    if fate.kind == "refused" and fate.code in EVERY_PATH_CODES:
        raise Refusal(fate.code)
    if fate.kind == "html_500":
        return web.Response(status=500, text=HTML_ERROR, content_type="text/html")
    if fate.kind in EVERY_PATH_KINDS:
        return web.Response(status=int(fate.kind[-3:]))
    return None


def graph_json(answer: dict, settings: SimulatorSettings, status: int = 200) -> web.Response:
    return web.Response(
        body=json.dumps(answer, separators=(",", ":")).encode(),
        status=status,
        headers={
            "Content-Type": "application/json; charset=UTF-8",
            "x-business-use-case-usage": _usage(settings),
            "x-fb-trace-id": trace_id()[:12],
        },
    )


def graph_error(refusal: Refusal, settings: SimulatorSettings) -> web.Response:
    return graph_json(refusal.body(), settings, refusal.http_status)


def _usage(settings: SimulatorSettings) -> str:
    usage = {
        "type": "whatsapp",
        "call_count": 1,
        "total_cputime": 1,
        "total_time": 1,
        "estimated_time_to_regain_access": 0,
    }
    return json.dumps({settings.business_account_id: [usage]})
