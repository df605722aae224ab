"""One HTTP exchange with the Cloud API: an answer, or the certainty that nothing was sent, or neither.

By urllib3, on which requests stands: with what requests does around it an exchange takes almost twice the processor's time,
and of nothing does sending take more. No proxies or passwords from the environment, no cookies, no redirects, no repetition.
"""

import os
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import urllib3
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.response import BaseHTTPResponse
from urllib3.util.url import Url, parse_url

from campaign_app.whatsapp.deadline_connection import Withdrawn, connection_pool, exchange

CONNECT_SECONDS = 5.0  # for each address of the host
IDLE_SECONDS = 15.0  # a connection unused for longer may be closed at the other end: take a new one
CHUNK = 65_536


class NotSent(Exception):
    """Nothing that the server could act on has left this machine; the message says why, for people."""


class AnswerUnknown(Exception):
    """The request may have arrived, and no whole answer came back; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `headers` is case-insensitive, `body` is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.pools: dict[tuple, HTTPConnectionPool] = {}
        self.process_id = 0
        self.used_at = 0.0


_per_thread = _PerThread()


def perform(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | Iterable[bytes] | None,
    seconds: float,
    most_bytes: int,
    may_leave: Callable[[], bool] | None = None,
) -> Answer:
    """Send one request and read its whole answer, all within `seconds`; at most `most_bytes` of body. `may_leave` is asked
    right before it is written. A body in pieces needs its Content-Length among the headers.

    Raises NotSent or AnswerUnknown, and nothing else. The name lookup is the system's and keeps to the
    system's own time limit; when it takes too long, nothing is sent any more.
    """
    exchange.begin(seconds, may_leave)
    try:
        address = _address(url)
        response = _pool(address).urlopen(
            method,
            address.request_uri,
            body=body,
            headers={"Accept-Encoding": "identity", **_sendable(headers)},
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            if body and not exchange.body_begun:
                raise NotSent("The server closed the connection before the message was written.")
            answer = Answer(response.status, response.headers, _body(response, most_bytes))
        except BaseException:
            response.close()  # what is left of the answer must not be taken for the next one
            raise
        finally:
            response.release_conn()
        return answer
    except (NotSent, AnswerUnknown):
        raise
    except Exception as error:
        # Whatever it is: only whether the body had begun to leave decides. The error's own text is not
        # repeated, since it may hold the request's headers and with them the access token.
        reason = _reason(error)
        if exchange.body_begun:
            raise AnswerUnknown(reason) from None
        raise NotSent(reason) from None


@lru_cache(maxsize=64)
def _address(url: str) -> Url:
    """Raises NotSent when it is none that a request can go to."""
    try:
        address = parse_url(url)
    except LocationParseError:
        address = Url()
    if address.scheme not in ("http", "https") or not address.host:
        raise NotSent("The address of the Cloud API in the settings cannot be read.")
    return address


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise NotSent("The access token holds characters that no request may carry.")
    return headers


def _pool(address: Url) -> HTTPConnectionPool:
    """This thread's connection; a new one after a fork, whose sockets belong to the parent."""
    now = time.monotonic()
    mine = _per_thread
    if mine.process_id != os.getpid():
        mine.pools, mine.process_id = {}, os.getpid()
    elif now - mine.used_at > IDLE_SECONDS:
        for pool in mine.pools.values():
            pool.close()
        mine.pools = {}
    mine.used_at = now
    key = address.scheme, address.host, address.port
    pool = mine.pools.get(key)
    if pool is None:
        pool = mine.pools[key] = connection_pool(*key)
    return pool


def _body(response: BaseHTTPResponse, most_bytes: int) -> bytes:
    raw = b"".join(_chunks(response, most_bytes))
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        return raw
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise AnswerUnknown("WhatsApp's answer is compressed in a way that was not asked for.")
    try:
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
        plain = inflater.decompress(raw, most_bytes + 1)
    except zlib.error:
        raise AnswerUnknown("WhatsApp's answer could not be decompressed.") from None
    if len(plain) > most_bytes:
        raise AnswerUnknown("WhatsApp's answer is too long to be a real one.")
    if not inflater.eof:
        raise AnswerUnknown("WhatsApp's answer broke off.")
    return plain


def _chunks(response: BaseHTTPResponse, most_bytes: int) -> Iterator[bytes]:
    total = 0
    while chunk := response.read(CHUNK, decode_content=False):
        total += len(chunk)
        if total > most_bytes:
            raise AnswerUnknown("WhatsApp's answer is too long to be a real one.")
        yield chunk


def _reason(error: BaseException) -> str:
    """A sentence for the first cause that is known, searched through the errors wrapped in each other."""
    chain = list(_causes(error))
    for kind, sentence in _SENTENCES:
        if any(isinstance(cause, kind) for cause in chain):
            return sentence
    return f"The connection to WhatsApp failed ({type(error).__name__})."


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        waiting.extend(item for item in linked if isinstance(item, BaseException))


_SENTENCES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (Withdrawn, "It was no longer to be sent."),
    (urllib3.exceptions.NameResolutionError, "The name of WhatsApp's server could not be looked up."),
    (ssl.SSLCertVerificationError, "The certificate of WhatsApp's server is not trusted."),
    ((ssl.SSLError, urllib3.exceptions.SSLError), "The encrypted connection to WhatsApp failed."),
    (urllib3.exceptions.NewConnectionError, "WhatsApp's server could not be reached."),
    (urllib3.exceptions.ConnectTimeoutError, "WhatsApp's server could not be reached in time."),
    ((TimeoutError, urllib3.exceptions.ReadTimeoutError), "WhatsApp did not answer in time."),
    (urllib3.exceptions.IncompleteRead, "WhatsApp's answer broke off."),
    ((ConnectionError, urllib3.exceptions.ProtocolError), "The connection to WhatsApp broke."),
)
