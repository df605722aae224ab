"""The Graph paths beside messages: phone number, business account, templates, app subscription, token, media."""

import hashlib
import hmac
import re
import secrets
from urllib.parse import urlencode

from aiohttp import web

from .behaviour import fate_from_text
from .errors import Refusal, catalogued, no_such_object
from .graph import graph_json
from .settings import SimulatorSettings
from .state import SIMULATOR, Simulator
from .templates import chosen_fields

DEFAULT_PHONE_FIELDS = ("verified_name", "code_verification_status", "display_phone_number", "quality_rating")
# Codes that stop the number or the account: health_status then says so, as the probe of an app expects.
BLOCKING_CODES = {131031, 131042, 368, 131048, 131064, 133010}


async def get_node(request: web.Request) -> web.Response:
    """GET /{version}/{id}: the phone number, the business account, a template or a medium."""
    simulator, node = request.app[SIMULATOR], request.match_info["node"]
    settings, wanted = simulator.settings, request.query.get("fields")
    if node == settings.phone_number_id:
        return graph_json(_fields(phone_number(settings), wanted, "WhatsAppBusinessPhoneNumber"), settings)
    if node == settings.business_account_id:
        return graph_json(_fields(business_account(settings), wanted, "WhatsAppBusinessAccount"), settings)
    if template := simulator.templates.by_id(node):
        return graph_json(chosen_fields(template, wanted), settings)
    if node in simulator.media:
        return graph_json(simulator.media[node], settings)
    raise no_such_object(node, "get")


async def get_message_templates(request: web.Request) -> web.Response:
    simulator = _of_business_account(request, "get")
    address = str(request.url.with_query(None))
    return graph_json(simulator.templates.page(request.query, address), simulator.settings)


async def get_phone_numbers(request: web.Request) -> web.Response:
    simulator = _of_business_account(request, "get")
    wanted = request.query.get("fields")
    number = _fields(phone_number(simulator.settings), wanted, "WhatsAppBusinessPhoneNumber")
    paging = {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}}
    return graph_json({"data": [number], "paging": paging}, simulator.settings)


async def get_subscribed_apps(request: web.Request) -> web.Response:
    simulator = _of_business_account(request, "get")
    app = {
        "id": "670843887433847",
        "name": "Campaigns",
        "link": "https://www.facebook.com/games/?app_id=670843887433847",
    }
    data = [{"whatsapp_business_api_data": app}] if simulator.is_subscribed else []
    return graph_json({"data": data}, simulator.settings)


async def post_subscribed_apps(request: web.Request) -> web.Response:
    """Subscribe; with `override_callback_uri` and `verify_token` webhooks go there, after the handshake."""
    simulator = _of_business_account(request, "post")
    body = await request.json() if request.can_read_body else {}
    if address := body.get("override_callback_uri"):
        token = str(body.get("verify_token", ""))
        if not await has_answered_handshake(simulator, str(address), token):
            raise Refusal(2200, message="(#2200) Callback verification failed")
        simulator.change(simulator.settings.changed({"webhook_url": str(address), "verify_token": token}))
    simulator.is_subscribed = True
    return graph_json({"success": True}, simulator.settings)


async def delete_subscribed_apps(request: web.Request) -> web.Response:
    simulator = _of_business_account(request, "delete")
    simulator.is_subscribed = False
    return graph_json({"success": True}, simulator.settings)


async def get_debug_token(request: web.Request) -> web.Response:
    """GET /{version}/debug_token?input_token=…: what a token may do, and until when."""
    settings = request.app[SIMULATOR].settings
    given = request.query.get("input_token")
    if given is None:
        raise Refusal(100, message="(#100) The parameter input_token is required.")
    if not hmac.compare_digest(given.encode(), settings.access_token.encode()):
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return graph_json({"data": {"error": error, "is_valid": False, "scopes": []}}, settings)
    scopes = [scope for scope in settings.token_permissions.split(",") if scope]
    known = {
        "app_id": "670843887433847",
        "type": "SYSTEM_USER",
        "application": "Campaigns",
        "data_access_expires_at": 0,
        "expires_at": settings.token_expires_at,
        "is_valid": True,
        "scopes": scopes,
        "granular_scopes": [{"scope": scope} for scope in scopes],
    }
    return graph_json({"data": known}, settings)


async def post_media(request: web.Request) -> web.Response:
    """POST /{version}/{phone_number_id}/media: multipart, messaging_product and file; answers the new id."""
    simulator, node = request.app[SIMULATOR], request.match_info["node"]
    if node != simulator.settings.phone_number_id:
        raise no_such_object(node, "post")
    if not request.content_type.startswith("multipart/"):
        raise Refusal(100, message="(#100) The parameter file is required.")
    product, medium = "", None
    async for part in await request.multipart():
        if part.name == "messaging_product":
            product = await part.text()
        elif part.name == "file":
            content = bytes(await part.read())
            kind = part.headers.get("Content-Type", "application/octet-stream")
            medium = {
                "mime_type": kind,
                "sha256": hashlib.sha256(content).hexdigest(),
                "file_size": len(content),
            }
    if product != "whatsapp" or medium is None:
        missing = "file" if medium is None else "messaging_product"
        raise Refusal(100, message=f"(#100) The parameter {missing} is required.")
    media_id = str(secrets.randbelow(9 * 10**15) + 10**15)
    simulator.media[media_id] = {"id": media_id, "messaging_product": "whatsapp", **medium}
    return graph_json({"id": media_id}, simulator.settings)


async def has_answered_handshake(simulator: Simulator, address: str, verify_token: str) -> bool:
    """Meta's GET on the webhook: true when the challenge comes back bare."""
    challenge = str(secrets.randbelow(10**10))
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    status, text = await simulator.callbacks.fetch(f"{address}?{urlencode(query)}")
    return status == 200 and text == challenge


def phone_number(settings: SimulatorSettings) -> dict:
    """Every field that Graph knows of the phone number."""
    level = "STANDARD" if 0 < settings.throughput <= 80 else "HIGH"
    return {
        "id": settings.phone_number_id,
        "verified_name": settings.verified_name,
        "code_verification_status": "VERIFIED",
        "display_phone_number": settings.display_phone_number,
        "quality_rating": settings.quality_rating,
        "platform_type": "CLOUD_API",
        "throughput": {"level": level},
        "whatsapp_business_manager_messaging_limit": settings.messaging_limit,
        "messaging_limit_tier": settings.messaging_limit,
        "status": settings.number_status,
        "name_status": "APPROVED",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "country_dial_code": settings.country_code,
        "health_status": _health(settings),
    }


def business_account(settings: SimulatorSettings) -> dict:
    return {
        "id": settings.business_account_id,
        "name": settings.verified_name,
        "currency": "INR",
        "timezone_id": "71",
        "message_template_namespace": "58e6d318_b627_4112_b9c7_2961197553ea",
        "account_review_status": "APPROVED",
        "health_status": _health(settings),
    }


def _health(settings: SimulatorSettings) -> dict:
    fate = fate_from_text(settings.outage) if settings.outage else None
    entities = [
        {"entity_type": "PHONE_NUMBER", "id": settings.phone_number_id, "can_send_message": "AVAILABLE"},
        {"entity_type": "WABA", "id": settings.business_account_id, "can_send_message": "AVAILABLE"},
    ]
    state = "AVAILABLE"
    if fate and fate.code in BLOCKING_CODES:
        state = "BLOCKED"
        error = {"error_code": fate.code, "error_description": catalogued(fate.code).title}
        entities[1] |= {"can_send_message": state, "errors": [error]}
    return {"can_send_message": state, "entities": entities}


def _fields(known: dict, wanted: str | None, node_type: str) -> dict:
    """The asked fields, the id always among them. Raises Refusal 100 for one that does not exist."""
    default = [name for name in DEFAULT_PHONE_FIELDS if name in known] or ["name", "timezone_id", "currency"]
    names = [name.strip() for name in re.sub(r"\{.*?\}", "", wanted).split(",")] if wanted else default
    for name in names:
        if name not in known:
            raise Refusal(
                100, message=f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})"
            )
    return {name: known[name] for name in dict.fromkeys([*names, "id"])}


def _of_business_account(request: web.Request, verb: str) -> Simulator:
    simulator, node = request.app[SIMULATOR], request.match_info["node"]
    if node != simulator.settings.business_account_id:
        raise no_such_object(node, verb)
    return simulator
