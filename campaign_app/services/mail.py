"""Mail by the server of SMTP_URL; without one nothing is sent, and the caller is told."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from flask import current_app

SECONDS = 10  # for the whole talk to hang at most

log = logging.getLogger(__name__)


def can_mail() -> bool:
    settings = current_app.config["SETTINGS"]
    return bool(settings.smtp_url and settings.mail_from)


def send_mail(recipient: str, subject: str, text: str) -> bool:
    """Whether the server took it. What goes wrong is logged without the address; no transaction may be open meanwhile."""
    if not can_mail():
        return False
    settings = current_app.config["SETTINGS"]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, recipient, subject
    message.set_content(text)
    try:
        with _connected(settings.smtp_url) as server:
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        log.error("A mail could not be sent (%s)", type(error).__name__)
        return False
    return True


def _connected(smtp_url: str) -> smtplib.SMTP:
    """A server that is greeted, over TLS where it can, and signed in to where the URL names a user."""
    parts = urlsplit(smtp_url)
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 25, timeout=SECONDS)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except Exception:
        server.close()
        raise
    return server
