"""One HTTP exchange with the Cloud API: an answer, or the certainty that nothing was sent, or neither."""

import os
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3

from campaign_app.whatsapp.deadline_adapter import DeadlineAdapter, Withdrawn, exchange

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


class _Session(requests.Session):
    """Keeps to what it is told: no proxies or passwords from the environment, no cookies, no redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, DeadlineAdapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even with redirects off, requests would look at the target and read the body unbounded."""
        return None


class _PerThread(threading.local):
    session: _Session | None = None
    process_id: int = 0
    used_at: float = 0.0


_per_thread = _PerThread()


def perform(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    most_bytes: int,
    may_leave: Callable[[], bool] | None = None,
) -> Answer:
    """Send one request and read its whole answer, all within `seconds`; at most `most_bytes` of body. `may_leave` is asked
    right before it is written.

    Raises NotSent or AnswerUnknown, and nothing else. The name lookup is the system's and keeps to the
    system's own time limit; when it takes too long, nothing is sent any more.
    """
    exchange.begin(seconds, may_leave)
    try:
        with _session().request(
            method,
            url,
            data=body,
            headers={"Accept-Encoding": "identity", **headers},
            timeout=(min(CONNECT_SECONDS, seconds), seconds),
            allow_redirects=False,
            stream=True,
            verify=True,
        ) as response:
            if body and not exchange.body_begun:
                raise NotSent("The server closed the connection before the message was written.")
            return Answer(response.status_code, response.headers, _body(response, most_bytes))
    except (NotSent, AnswerUnknown):
        raise
    except Exception as error:
        # Whatever it is: only whether the body had begun to leave decides. The error's own text is not
        # repeated, since it may hold the request's headers and with them the access token.
        reason = _reason(error)
        if exchange.body_begun:
            raise AnswerUnknown(reason) from None
        raise NotSent(reason) from None


def _session() -> _Session:
    """This thread's session; a new one after a fork, whose sockets belong to the parent."""
    now = time.monotonic()
    mine = _per_thread
    if mine.session is None or mine.process_id != os.getpid():
        mine.session, mine.process_id = _Session(), os.getpid()
    elif now - mine.used_at > IDLE_SECONDS:
        mine.session.close()
    mine.used_at = now
    return mine.session


def _body(response: requests.Response, most_bytes: int) -> bytes:
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


def _chunks(response: requests.Response, most_bytes: int) -> Iterator[bytes]:
    total = 0
    while chunk := response.raw.read(CHUNK, decode_content=False):
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
    (requests.exceptions.InvalidHeader, "The access token holds characters that no request may carry."),
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.MissingSchema,
            requests.exceptions.InvalidSchema,
        ),
        "The address of the Cloud API in the settings cannot be read.",
    ),
    (urllib3.exceptions.NameResolutionError, "The name of WhatsApp's server could not be looked up."),
    (ssl.SSLCertVerificationError, "The certificate of WhatsApp's server is not trusted."),
    ((ssl.SSLError, urllib3.exceptions.SSLError), "The encrypted connection to WhatsApp failed."),
    (urllib3.exceptions.NewConnectionError, "WhatsApp's server could not be reached."),
    (urllib3.exceptions.ConnectTimeoutError, "WhatsApp's server could not be reached in time."),
    ((TimeoutError, urllib3.exceptions.ReadTimeoutError), "WhatsApp did not answer in time."),
    (urllib3.exceptions.IncompleteRead, "WhatsApp's answer broke off."),
    ((ConnectionError, urllib3.exceptions.ProtocolError), "The connection to WhatsApp broke."),
)
