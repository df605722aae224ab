"""What the log says: ids, never a full phone number and never a token."""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from sqlalchemy.engine import make_url

# Ids are kept whole; what looks like a phone number beside them is not.
_ID_OR_PHONE = re.compile(
    r"(?P<id>wamid\.[A-Za-z0-9+/=_-]+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?<![0-9A-Za-z])\+[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?<![0-9]\.)[0-9]{7,15}(?![0-9A-Za-z])"
)
# Lines that hold words of ours, an id and a status; most lines are such.
_HARMLESS = re.compile(
    r"[A-Za-z_ ]++: (?:wamid\.[A-Za-z0-9+/=_-]++|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) -> [a-z]++"
)
_BEARER = re.compile(r"(Bearer\s+|access_token=)\S+", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHORTEST_SECRET = 6  # signs: a shorter one would be found in every other word

QUIET = frozenset(
    {"static", "bootstrap.static", "chartkick.static", "health.alive", "health.ready", "health.metrics"}
)

_log = logging.getLogger("campaign_app.requests")
_secrets: set[str] = set()  # the texts that this process must never write
_belongs_to: ContextVar[Mapping[str, str]] = ContextVar("belongs_to", default={})  # noqa: B039 - never changed in place


def mask(text: str) -> str:
    """`text` without phone numbers and tokens, in one line.

    >>> mask("sent to +919876543210")
    'sent to +91•••••3210'
    """
    return _hide(_in_one_line(text))


def _in_one_line(text: str) -> str:
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _hide(text: str) -> str:
    text = _without_secrets(text)
    text = _BEARER.sub(r"\1•••", text)
    return _ID_OR_PHONE.sub(lambda match: match["id"] or f"{match[0][:3]}•••••{match[0][-4:]}", text)


def _without_secrets(text: str) -> str:
    for secret in _secrets:
        text = text.replace(secret, "•••")
    return text


class _Masked(logging.Formatter):
    """Masks the message; a traceback keeps its lines, each of them masked, and indented so that none looks like a message.

    A record with `lines` (given as `extra`) is written as so many messages. What it belongs to stands at the end of each.
    """

    def format(self, record):
        begin = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        belongs = ", ".join(f"{name} {value}" for name, value in _belongings(record).items())
        end = f" [{belongs}]" if belongs else ""
        text = "\n".join(f"{begin}{line}{end}" for line in _messages(record))
        return text + "".join(f"\n    {line}" for line in _trace(self, record))


class _Json(logging.Formatter):
    """The same as one JSON object a line, for programs that collect logs."""

    def format(self, record):
        head = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
        }
        trace = list(_trace(self, record))
        tail = {**_belongings(record), **({"trace": trace} if trace else {})}
        objects = ({**head, "message": line, **tail} for line in _messages(record))
        return "\n".join(json.dumps(one, ensure_ascii=False) for one in objects)


class _AsItWas(logging.Formatter):
    """What another library writes, in its own form, line by line masked."""

    def __init__(self, own: logging.Formatter | None):
        super().__init__()
        self._own = own or logging.Formatter()

    def format(self, record):
        return "\n".join(map(mask, self._own.format(record).splitlines()))


def _messages(record: logging.LogRecord) -> list[str]:
    lines = getattr(record, "lines", None) or [record.getMessage()]
    masked = [line if _HARMLESS.fullmatch(line) else mask(line) for line in lines]
    return _without_secrets("\n".join(masked)).split("\n")


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> Iterator[str]:
    if record.exc_info:
        yield from map(mask, formatter.formatException(record.exc_info).splitlines())


def _belongings(record: logging.LogRecord) -> dict[str, str]:
    """The ids of the request in which it was logged, and of the campaign that it is about."""
    belongs = dict(_belongs_to.get())
    if (campaign := getattr(record, "campaign", None)) is not None:
        belongs["campaign"] = str(campaign)
    return belongs


def configure(app: Flask) -> None:
    """Send the app's log to standard error, masked. Logging never raises into the work."""
    logging.raiseExceptions = False
    settings = app.config["SETTINGS"]
    known = (
        settings.secret_key,
        settings.whatsapp_access_token,
        settings.whatsapp_app_secret,
        *settings.whatsapp_app_secrets,
        settings.whatsapp_verify_token,
        make_url(settings.database_url).password,
        settings.smtp_url and urlsplit(settings.smtp_url).password,
    )
    _secrets.update(secret for secret in known if secret and len(secret) >= _SHORTEST_SECRET)
    logger = logging.getLogger("campaign_app")
    logger.setLevel(logging.INFO)
    logger.propagate = True
    formatter = _Json() if settings.log_format == "json" else _Masked()
    ours = [handler for handler in logger.handlers if isinstance(handler.formatter, _Masked | _Json)]
    if not ours:
        ours = [logging.StreamHandler(sys.stderr)]
        logger.addHandler(ours[0])
    for handler in ours:
        handler.setFormatter(formatter)
    for handler in logging.getLogger("gunicorn.error").handlers:
        if not isinstance(handler.formatter, _AsItWas):
            handler.setFormatter(_AsItWas(handler.formatter))
    # A run that takes longer than the interval is no fault: the job is meant to run but once at a time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("apscheduler.scheduler").setLevel(logging.CRITICAL)
    app.before_request(_begin_request)
    app.after_request(_end_request)
    app.teardown_request(_forget_request)


def _begin_request() -> None:
    """Everything that is logged within belongs to it; the answer carries its id, for whoever asks what happened."""
    g.request_id, g.begun_at = secrets.token_hex(8), time.monotonic()
    belongs = {"request": g.request_id}
    if (campaign_id := (request.view_args or {}).get("campaign_id")) is not None:
        belongs["campaign"] = str(campaign_id)
    g.belonged_to = _belongs_to.set(belongs)


def _end_request(response: Response) -> Response:
    """The view's name, not the address: in addresses stand what people searched for."""
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
        if request.endpoint not in QUIET:
            milliseconds = (time.monotonic() - g.begun_at) * 1000
            _log.info(
                "%s %s %d in %.0f ms", request.method, request.endpoint, response.status_code, milliseconds
            )
    return response


def note_answer(method: str, endpoint: str, status: int, begun_at: float, belongs: Mapping[str, str]) -> None:
    """The line of an answer that Flask did not make. `begun_at`: by time.monotonic()."""
    token = _belongs_to.set(belongs)
    _log.info("%s %s %d in %.0f ms", method, endpoint, status, (time.monotonic() - begun_at) * 1000)
    _belongs_to.reset(token)


def _forget_request(_error: BaseException | None) -> None:
    if (token := g.pop("belonged_to", None)) is not None:
        _belongs_to.reset(token)
