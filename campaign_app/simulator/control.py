"""The simulator's own paths, for people and tests; they answer to this machine only and want no token.

GET  /_simulator/counts           sums over the log, the webhooks and the kill points
GET  /_simulator/log?since=N      the POSTs after the N-th, one JSON object a line
GET  /_simulator/statuses?since=N the statuses that the app has answered with 200, one a line
GET  /_simulator/settings         the settings in force
POST /_simulator/settings         {"any_setting": value, …, "template": {"name", "language", "status", …}}; a
                                  changed template or messaging limit is also told by Meta's webhook
POST /_simulator/webhook          the body becomes a signed webhook: a whole envelope (it has "object"), or
                                  {"field", "value"}, or with another content type than JSON the bare bytes
POST /_simulator/inbound          {"from", "text"} or {"from", "button", "wamid"?}: a message from a person
POST /_simulator/kill-point       {"point", "pid", "after"?, "group"?, "signal"?}; see kill_points.py
POST /_simulator/reset            everything as it was at the start
"""

import json
import re
import time
from collections.abc import Iterable

from aiohttp import web

from .kill_points import POINTS
from .log import Post
from .payloads import encoded, envelope, inbound_value
from .state import SIMULATOR, Simulator

LINES_AT_ONCE = 500


async def get_counts(request: web.Request) -> web.Response:
    simulator = _simulator(request)
    webhooks = {**simulator.callbacks.counts, "waiting": simulator.callbacks.waiting}
    return web.json_response(
        {
            **simulator.log.counts(),
            "webhooks": webhooks,
            "kill_points": {"armed": len(simulator.kill_points.armed), "fired": simulator.kill_points.fired},
            "handshake": simulator.handshake,
            "redirects_followed": simulator.redirects_followed,
        }
    )


async def get_log(request: web.Request) -> web.StreamResponse:
    posts = _simulator(request).log.posts[_since(request) :]
    return await _lines(request, (post.as_json() for post in posts))


async def get_statuses(request: web.Request) -> web.StreamResponse:
    acknowledged = _simulator(request).callbacks.acknowledged[_since(request) :]
    return await _lines(request, (vars(one) for one in acknowledged))


async def get_settings(request: web.Request) -> web.Response:
    return web.json_response(_simulator(request).settings.shown())


async def post_settings(request: web.Request) -> web.Response:
    simulator = _simulator(request)
    changes = await _object(request)
    template = changes.pop("template", None)
    former = simulator.settings.messaging_limit
    try:
        settings = simulator.settings.changed(changes)
        changed = simulator.templates.put(template) if template is not None else None
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise _bad(str(error)) from error
    simulator.change(settings)
    if changed:
        await simulator.tell_template_status(changed)
    if settings.messaging_limit != former:
        await simulator.tell_messaging_limit(former)
    return web.json_response(settings.shown())


async def post_webhook(request: web.Request) -> web.Response:
    simulator = _simulator(request)
    raw = await request.read()
    if request.content_type == "application/json":
        try:
            value = json.loads(raw)
        except ValueError as error:
            raise _bad(f"not JSON: {error}") from error
        if isinstance(value, dict) and set(value) == {"field", "value"}:
            value = envelope(value["field"], value["value"], simulator.settings)
        raw = encoded(value)
    return await _posted(simulator, raw)


async def post_inbound(request: web.Request) -> web.Response:
    simulator = _simulator(request)
    given = await _object(request)
    number = re.sub(r"\D", "", str(given.get("from", "")))
    if not number or ("text" in given) == ("button" in given):
        raise _bad("inbound needs `from` and either `text` or `button`")
    message: dict = {"from": number}
    if "wamid" in given:
        business = re.sub(r"\D", "", simulator.settings.display_phone_number)
        message["context"] = {"from": business, "id": given["wamid"]}
    if "text" in given:
        message |= {"type": "text", "text": {"body": given["text"]}}
    else:
        button = given["button"]
        message |= {
            "type": "button",
            "button": button if isinstance(button, dict) else {"payload": button, "text": button},
        }
    simulator.last_inbound_at[number] = time.time()
    value = inbound_value(message, str(given.get("name", "")), simulator.settings)
    return await _posted(simulator, encoded(envelope("messages", value, simulator.settings)))


async def post_kill_point(request: web.Request) -> web.Response:
    try:
        point = _simulator(request).kill_points.arm(await _object(request))
    except (ValueError, ProcessLookupError) as error:
        raise _bad(str(error)) from error
    return web.json_response({"armed": vars(point), "points": POINTS})


async def post_reset(request: web.Request) -> web.Response:
    """Answered when the webhooks under way have landed, so that none of them strays into what comes next."""
    simulator = _simulator(request)
    simulator.reset()
    await simulator.callbacks.land()
    return web.json_response({"reset": True})


async def elsewhere(request: web.Request) -> web.Response:
    """Where the fate `redirect` points: a client that comes here has followed it."""
    request.app[SIMULATOR].redirects_followed += 1
    return web.Response(text="A client must not follow this redirect.")


def _simulator(request: web.Request) -> Simulator:
    if request.remote != "::1" and not str(request.remote).startswith("127."):
        raise web.HTTPForbidden(text="Only from this machine.")
    return request.app[SIMULATOR]


def _since(request: web.Request) -> int:
    since = request.query.get("since", "0")
    if not since.isdecimal():
        raise _bad("since must be a number")
    return int(since)


async def _object(request: web.Request) -> dict:
    try:
        value = await request.json()
    except ValueError as error:
        raise _bad(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise _bad("a JSON object is needed")
    return value


async def _lines(request: web.Request, items: Iterable[dict | Post]) -> web.StreamResponse:
    """One JSON object a line, written in pieces, so that a long log does not hold up the message path."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    lines: list[str] = []
    for item in items:
        lines.append(json.dumps(item) + "\n")
        if len(lines) == LINES_AT_ONCE:
            await response.write("".join(lines).encode())
            lines.clear()
    await response.write("".join(lines).encode())
    await response.write_eof()
    return response


async def _posted(simulator: Simulator, raw: bytes) -> web.Response:
    """Send the webhook and say what came back; 409 when there is nowhere to send it."""
    if not simulator.settings.webhook_url:
        return web.json_response({"error": "no webhook_url is set"}, status=409)
    status, text = await simulator.callbacks.post_now(raw)
    return web.json_response({"status": status, "answer": text[:2000]})


def _bad(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": reason}), content_type="application/json")
