"""POST /{version}/{phone_number_id}/messages: from the request to its fate, and the statuses that follow."""

import asyncio
import random
import time
from dataclasses import dataclass

from aiohttp import web

from .answers import answer_for
from .behaviour import Fate, fate_from_text, fate_of, is_accepted, share
from .errors import THROTTLING_CODES, Refusal, no_such_object
from .graph import check_token, graph_error
from .log import Post
from .payloads import new_wamid, status_element, user_id_of
from .state import SIMULATOR, Simulator
from .statuses import plan_statuses, seconds_within
from .validation import ValidMessage, check_message, parse_body

SERVICE_WINDOW_SECONDS = 24 * 3600
KILL_AFTER_RESPONSE_SECONDS = 0.005


@dataclass(frozen=True)
class Accepted:
    """The answer's facts: what was valid, what becomes of it, under which id."""

    message: ValidMessage
    fate: Fate
    wamid: str

    @property
    def user_id(self) -> str:
        return self.message.recipient.user_id or user_id_of(self.message.recipient.wa_id)

    def answer(self) -> dict:
        recipient = self.message.recipient
        contact = {"input": recipient.written}
        contact |= {"wa_id": recipient.wa_id} if recipient.wa_id else {"user_id": recipient.user_id}
        message = {"id": self.wamid}
        if self.message.type == "template":
            is_held = self.fate.kind.startswith("held_")
            message["message_status"] = "held_for_quality_assessment" if is_held else "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


async def post_message(request: web.Request) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    post = simulator.log.begin()
    simulator.kill_points.reach("after_headers", post)
    try:
        raw = await request.read()
    except (ConnectionError, web.RequestPayloadError, asyncio.IncompleteReadError):
        simulator.log.settle(post, "cut")
        return web.Response(status=400)  # nobody is there to read it
    simulator.kill_points.reach("after_body", post)
    post.body = raw.decode("utf-8", "replace")
    try:
        outcome = _decide(simulator, request, raw, post)
    except Refusal as refusal:
        post.code = refusal.code
        simulator.log.settle(post, "refused")
        response: web.StreamResponse = _refused(simulator, refusal)
    else:
        simulator.kill_points.reach("after_accept", post)
        response = await _answered(simulator, request, outcome, post)
    return await _sent(simulator, request, response, post)


def _decide(simulator: Simulator, request: web.Request, raw: bytes, post: Post) -> Accepted | Fate:
    """Accept the message and plan its statuses, or return the fate of one not accepted. Raises Refusal."""
    settings = simulator.settings
    check_token(request, settings)
    if request.match_info["node"] != settings.phone_number_id:
        raise no_such_object(request.match_info["node"], "post")
    outage = _outage(simulator, post)
    if outage and not is_accepted(outage):
        post.fate = str(outage)
        if outage.code is not None:
            raise Refusal(outage.code)
        simulator.log.settle(post, "not_accepted")
        return outage
    body = parse_body(raw)
    post.to, post.callback_data = _as_text(body.get("to")), _as_text(body.get("biz_opaque_callback_data"))
    message = check_message(body, simulator.templates, settings)
    recipient = message.recipient
    post.template, post.language = message.template_name or None, message.language or None
    post.to, post.wa_id = recipient.written, recipient.wa_id or None
    post.country_code_added = recipient.country_code_added
    if not simulator.log.is_within(settings.throughput * (1 + settings.throughput_slack)):
        raise Refusal(130429)
    fate = outage or _fate(simulator, message)
    post.fate = str(fate)
    if fate.kind == "refused_once":
        key = (recipient.wa_id, str(fate))
        if key not in simulator.refused_before:
            simulator.refused_before.add(key)
            raise Refusal(fate.code)
        fate = Fate("ordinary")
    if fate.kind == "refused":
        raise Refusal(fate.code)
    if not is_accepted(fate):
        simulator.log.settle(post, "not_accepted")
        return fate
    accepted = Accepted(message, fate, new_wamid(recipient.wa_id or recipient.user_id))
    simulator.log.accept(post, accepted.wamid)
    _schedule_statuses(simulator, accepted, post.accepted_at)
    return accepted


def _outage(simulator: Simulator, post: Post) -> Fate | None:
    settings = simulator.settings
    if not settings.outage or share(settings.seed, str(post.number), "outage") >= settings.outage_share:
        return None
    return fate_from_text(settings.outage)


def _fate(simulator: Simulator, message: ValidMessage) -> Fate:
    recipient = message.recipient
    if recipient.reaches_nobody:
        return Fate("failed_later", 131026)
    if message.type == "text":
        last = simulator.last_inbound_at.get(recipient.wa_id, 0.0)
        if time.time() - last > SERVICE_WINDOW_SECONDS:
            return Fate("failed_later", 131047)
    return fate_of(recipient.wa_id or recipient.user_id)


def _schedule_statuses(simulator: Simulator, accepted: Accepted, accepted_at: float) -> None:
    settings, recipient = simulator.settings, accepted.message.recipient
    if not simulator.is_subscribed:
        return
    now = time.monotonic()
    plan = plan_statuses(accepted.fate, recipient.wa_id or recipient.user_id, settings)
    names = {planned.name for planned in plan}
    priced = {"sent", "delivered" if "delivered" in names else "read"}
    for planned in plan:
        element = status_element(
            planned.name,
            accepted.wamid,
            recipient.wa_id,
            accepted.user_id,
            accepted_at + planned.happens_after,
            settings=settings,
            callback_data=accepted.message.callback_data,
            category=accepted.message.category if planned.name in priced else None,
            code=planned.code,
        )
        simulator.callbacks.counts["statuses_lost_on_purpose"] += not planned.posted_after
        for after in planned.posted_after:
            simulator.callbacks.schedule(element, now + after)


async def _answered(
    simulator: Simulator, request: web.Request, outcome: Accepted | Fate, post: Post
) -> web.StreamResponse:
    settings = simulator.settings
    await asyncio.sleep(seconds_within(settings.latency, settings, str(post.number), "latency"))
    if isinstance(outcome, Accepted):
        return await answer_for(outcome.fate, outcome.answer(), request, settings)
    return await answer_for(outcome, {}, request, settings)


def _refused(simulator: Simulator, refusal: Refusal) -> web.Response:
    response = graph_error(refusal, simulator.settings)
    if simulator.settings.retry_after and refusal.code in THROTTLING_CODES:
        response.headers["Retry-After"] = str(simulator.settings.retry_after)
    return response


async def _sent(
    simulator: Simulator, request: web.Request, response: web.StreamResponse, post: Post
) -> web.StreamResponse:
    """Note the answer; where a kill point waits for it, write it out, so that the signal comes after it."""
    post.http_status, post.answered_at = response.status, time.time()
    if simulator.kill_points.is_armed("on_connect"):
        response.force_close()
    if simulator.kill_points.is_armed("after_response"):
        await response.prepare(request)
        await response.write_eof()
        await asyncio.sleep(random.uniform(0, KILL_AFTER_RESPONSE_SECONDS))  # noqa: S311 - no secret
        simulator.kill_points.reach("after_response", post)
    return response


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None
