"""The aiohttp application: the Cloud API's addresses, and the simulator's own under /_simulator/."""

import re

from aiohttp import web

from . import account, control
from .errors import Refusal
from .graph import check_outage, check_token, graph_error
from .messages import post_message
from .settings import SimulatorSettings
from .state import SIMULATOR, Simulator

LARGEST_BODY_BYTES = 16 * 2**20
NODE = r"/{version:v\d+\.\d+}/{node:[^/]+}"


def create_simulator(settings: SimulatorSettings) -> web.Application:
    app = web.Application(client_max_size=LARGEST_BODY_BYTES, middlewares=[answer_refusals])
    app[SIMULATOR] = Simulator(settings)
    app.on_startup.append(_start_callbacks)
    app.on_cleanup.append(_stop_callbacks)
    app.add_routes(
        [
            web.post(NODE + "/messages", post_message),
            web.get(NODE + "/message_templates", _guarded(account.get_message_templates)),
            web.get(NODE + "/phone_numbers", _guarded(account.get_phone_numbers)),
            web.get(NODE + "/subscribed_apps", _guarded(account.get_subscribed_apps)),
            web.post(NODE + "/subscribed_apps", _guarded(account.post_subscribed_apps)),
            web.delete(NODE + "/subscribed_apps", _guarded(account.delete_subscribed_apps)),
            web.get("/{version:v[0-9]+[.][0-9]+}/debug_token", _guarded(account.get_debug_token)),
            web.post(NODE + "/media", _guarded(account.post_media)),
            web.get(NODE, _guarded(account.get_node)),
            web.get("/_simulator/counts", control.get_counts),
            web.get("/_simulator/log", control.get_log),
            web.get("/_simulator/statuses", control.get_statuses),
            web.get("/_simulator/settings", control.get_settings),
            web.post("/_simulator/settings", control.post_settings),
            web.post("/_simulator/webhook", control.post_webhook),
            web.post("/_simulator/inbound", control.post_inbound),
            web.post("/_simulator/kill-point", control.post_kill_point),
            web.post("/_simulator/reset", control.post_reset),
            web.route("*", "/_simulator/elsewhere", control.elsewhere),
            web.route("*", "/{path:.*}", _guarded(unknown_path)),
        ]
    )
    return app


@web.middleware
async def answer_refusals(request: web.Request, handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return graph_error(refusal, request.app[SIMULATOR].settings)


async def unknown_path(request: web.Request) -> web.Response:
    path = request.match_info["path"]
    if not re.match(r"v\d+\.\d+(/|$)", path):
        raise Refusal(100, message="Invalid version format. Use format like 'v23.0'")
    raise Refusal(2500, message=f"Unknown path components: /{path.partition('/')[2]}")


def _guarded(handler):
    """The handler behind the token check and the outages that strike every path."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        settings = request.app[SIMULATOR].settings
        check_token(request, settings)
        return check_outage(settings) or await handler(request)

    return guarded


async def _start_callbacks(app: web.Application) -> None:
    await app[SIMULATOR].callbacks.start()


async def _stop_callbacks(app: web.Application) -> None:
    await app[SIMULATOR].callbacks.stop()
