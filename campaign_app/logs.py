"""What the log says: ids, never a full phone number and never a token."""

import logging
import re
import sys
from urllib.parse import urlsplit

from flask import Flask
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

_secrets: set[str] = set()  # the texts that this process must never write


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

    A record with `lines` (given as `extra`) is written as so many messages.
    """

    def format(self, record):
        lines = getattr(record, "lines", None) or [record.getMessage()]
        masked = [line if _HARMLESS.fullmatch(line) else mask(line) for line in lines]
        record.message = _without_secrets("\n".join(masked))
        begin = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        line = begin + record.message.replace("\n", f"\n{begin}")
        if record.exc_info:
            trace = self.formatException(record.exc_info).splitlines()
            line += "".join(f"\n    {mask(part)}" for part in trace)
        return line


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
    if not any(isinstance(handler.formatter, _Masked) for handler in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Masked())
        logger.addHandler(handler)
    # A run that takes longer than the interval is no fault: the job is meant to run but once at a time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("apscheduler.scheduler").setLevel(logging.CRITICAL)
