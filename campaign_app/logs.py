"""What the log says: ids, never a full phone number and never a token."""

import logging
import re
import sys

from flask import Flask

_PHONE = re.compile(r"(?<![\w.-])\+?\d{7,15}(?![\w-])")
_BEARER = re.compile(r"(Bearer\s+|access_token=)\S+", re.IGNORECASE)


def mask(text: str) -> str:
    """`text` without phone numbers and tokens, in one line.

    >>> mask("sent to +919876543210")
    'sent to +91•••••3210'
    """
    text = _BEARER.sub(r"\1•••", text.replace("\r", "\\r").replace("\n", "\\n"))
    return _PHONE.sub(lambda match: match[0][:3] + "•••••" + match[0][-4:], text)


class _Masked(logging.Formatter):
    """Masks the message; a traceback keeps its lines, each of them masked."""

    def format(self, record):
        record.message = mask(record.getMessage())
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.message}"
        if record.exc_info:
            line += "\n" + "\n".join(mask(part) for part in self.formatException(record.exc_info).splitlines())
        return line


def configure(app: Flask) -> None:
    """Send the app's log to standard error, masked. Logging never raises into the work."""
    logging.raiseExceptions = False
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
