"""How each fate is answered: Graph's JSON, or one of the ways in which an answer can go wrong."""

import asyncio
import gzip
import json
import socket
import struct

from aiohttp import web

from .behaviour import Fate
from .graph import HTML_ERROR, graph_json
from .settings import SimulatorSettings

LONGEST_SILENCE_SECONDS = 300
BOMB_BYTES = 100 * 2**20
# Answered without a word on the wire; the log shows it as HTTP status 0.
SILENT_KINDS = ("answer_lost", "request_lost", "connection_reset", "never_answers")


async def answer_for(
    fate: Fate, answer: dict, request: web.Request, settings: SimulatorSettings
) -> web.StreamResponse:
    """The response to an accepted message, `answer` being its JSON, or with an empty one to another."""
    if fate.kind in SILENT_KINDS:
        return await _silence(fate.kind, request)
    if fate.kind in _ODD_ANSWERS:
        return await _ODD_ANSWERS[fate.kind](answer, request, settings)
    if fate.kind == "slow_answer":
        await asyncio.sleep(settings.slow_answer)
    if fate.kind in ("webhook_before_answer", "failed_before_answer"):
        await asyncio.sleep(settings.late_answer)
    return graph_json(answer, settings)


async def _silence(kind: str, request: web.Request) -> web.Response:
    if kind == "never_answers":
        for _ in range(LONGEST_SILENCE_SECONDS * 4):
            if request.transport is None or request.transport.is_closing():
                break
            await asyncio.sleep(0.25)
    _close(request, with_reset=kind == "connection_reset")
    return web.Response(status=200)


def _close(request: web.Request, *, with_reset: bool = False) -> None:
    """Close the connection at once; with a reset the other side sees ECONNRESET instead of an end of file."""
    if request.transport is None:
        return
    if with_reset:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def _html_500(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    return web.Response(status=500, text=HTML_ERROR, content_type="text/html")


async def _html_200(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    return web.Response(text="<!DOCTYPE html><html><body>Welcome</body></html>", content_type="text/html")


async def _empty_502(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    return web.Response(status=502)


async def _bare_429(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    headers = {"Retry-After": str(settings.retry_after)} if settings.retry_after else None
    return web.Response(status=429, text="Too many requests", headers=headers)


async def _truncated_json(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    text = json.dumps(answer)
    return web.Response(text=text[: len(text) // 2], content_type="application/json")


async def _answer_without_id(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    return graph_json({"messaging_product": "whatsapp", "contacts": answer["contacts"]}, settings)


async def _cut_answer(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.StreamResponse:
    text = json.dumps(answer).encode()
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(text))}
    )
    await response.prepare(request)
    await response.write(text[: len(text) // 2])
    await asyncio.sleep(0.05)
    _close(request)
    return response


async def _dripping_answer(
    answer: dict, request: web.Request, settings: SimulatorSettings
) -> web.StreamResponse:
    text = json.dumps(answer).encode()
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(text))}
    )
    await response.prepare(request)
    try:
        for place in range(len(text)):
            await response.write(text[place : place + 1])
            await asyncio.sleep(1)
    except ConnectionError:
        pass  # the client has given up, as it should
    return response


async def _gzip_bomb(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    packed = await asyncio.to_thread(gzip.compress, bytes(BOMB_BYTES), 9)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    return web.Response(body=packed, headers=headers)


async def _redirect(answer: dict, request: web.Request, settings: SimulatorSettings) -> web.Response:
    port = request.url.port
    target = settings.redirect_to or f"http://localhost:{port}/_simulator/elsewhere"
    return web.Response(status=307, headers={"Location": target})


_ODD_ANSWERS = {
    "html_500": _html_500,
    "accepted_then_html_500": _html_500,
    "html_200": _html_200,
    "empty_502": _empty_502,
    "bare_429": _bare_429,
    "truncated_json": _truncated_json,
    "answer_without_id": _answer_without_id,
    "cut_answer": _cut_answer,
    "dripping_answer": _dripping_answer,
    "gzip_bomb": _gzip_bomb,
    "redirect": _redirect,
}
