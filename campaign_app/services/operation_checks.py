"""Is what runs well: the settings, the clock, the timed jobs, the webhooks, mail."""

import smtplib
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from flask import current_app
from sqlalchemy import func, select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.finding import Finding, note, well, wrong
from campaign_app.extensions import db
from campaign_app.models.lease import Lease
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.cloud_api import missing_settings
from campaign_app.services.leases import database_now
from campaign_app.services.number import sending_number
from campaign_app.services.silence import last_webhook_at, silent_since
from campaign_app.services.webhook_inbox import waiting_bodies

JOBS = {"sender": "sending", "webhooks": "applying webhooks", "upkeep": "hourly upkeep"}
CLOCKS_DIFFER, CLOCKS_DIFFER_BADLY = timedelta(seconds=5), timedelta(seconds=60)
INBOX_LAG = timedelta(seconds=60)
GOOD_KEY = 32  # signs
MAIL_SECONDS = 10


def check_settings() -> Iterator[Finding]:
    settings = current_app.config["SETTINGS"]
    missing = missing_settings()
    if missing:
        yield wrong(
            "settings",
            f"{', '.join(missing)} not set: nothing can be sent.",
            "Meta's app dashboard shows them under WhatsApp → API setup.",
        )
    if not settings.whatsapp_app_secrets:
        yield wrong(
            "settings",
            "WHATSAPP_APP_SECRET is not set: every webhook is refused, so no status ever comes.",
            "Meta's app dashboard shows it under App settings → Basic.",
        )
    if settings.whatsapp_verify_token is None:
        yield note(
            "settings",
            "WHATSAPP_VERIFY_TOKEN is not set: Meta's form cannot confirm the webhook's address.",
            "Choose any word, and enter it in both places.",
        )
    if len(settings.secret_key) < GOOD_KEY:
        yield note(
            "settings",
            f"SECRET_KEY has {len(settings.secret_key)} signs.",
            f"Take {GOOD_KEY} or more random ones; everybody has to sign in again.",
        )
    if not missing and settings.whatsapp_app_secrets:
        yield well("settings", f"They can all be read. Days are those of {settings.business_timezone}.")


def check_clock(asked_at: datetime, of_whatsapp: datetime | None) -> Iterator[Finding]:
    """`asked_at`: by our clock, when WhatsApp's was `of_whatsapp`; None where it could not be asked."""
    if db.engine.dialect.name == "postgresql":
        yield _compared(utc_now(), database_now(), "the database's")
    if of_whatsapp is not None:
        yield _compared(asked_at, of_whatsapp, "WhatsApp's")


def check_scheduler(now: datetime) -> Iterator[Finding]:
    now = max(now, database_now())
    leases = {lease.name: lease for lease in db.session.scalars(select(Lease))}
    idle = [job for name, job in JOBS.items() if name not in leases or leases[name].expires_at <= now]
    if idle:
        enabled = current_app.config["SETTINGS"].scheduler_enabled
        advice = (
            "Start the app (gunicorn), or `flask run-scheduler`."
            if enabled
            else "SCHEDULER_ENABLED is 0 here: start `flask run-scheduler` somewhere on this database."
        )
        yield wrong("scheduler", f"Nobody does this: {', '.join(idle)}.", advice)
    else:
        owner = leases["sender"].owner.rpartition(":")[0]
        yield well("scheduler", f"The timed jobs run; {owner} (machine:process) sends.")
    last_run = sending_number().last_run_at
    patience = timedelta(seconds=2 * current_app.config["SETTINGS"].process_interval_seconds + 60)
    if not idle and last_run is not None and now - last_run > patience:
        yield note(
            "scheduler",
            f"The last processing run was at {_shown(last_run)}.",
            "It may be in the midst of a long run; else see the log.",
        )


def check_webhooks(now: datetime) -> Iterator[Finding]:
    last, silent = last_webhook_at(), silent_since(now)
    if silent is not None:
        yield wrong(
            "last webhook",
            f"Messages go out since {_shown(silent)}, but no webhook came.",
            "Check the address and the fields in Meta's dashboard, TLS, and WHATSAPP_APP_SECRET (a 403 in the log).",
        )
    elif last is None:
        yield note(
            "last webhook", "None has come yet.", "Each message brings some: send a test, and look again."
        )
    else:
        yield well("last webhook", f"It came at {_shown(last)}.")
    waiting, since = waiting_bodies()
    if waiting and since < now - INBOX_LAG:
        yield wrong(
            "inbox",
            f"{waiting:,} webhooks wait, the oldest since {_shown(since)}: statuses are that far behind.",
            "Do the timed jobs run? `flask apply-webhooks` applies them now.",
        )
    aside = (
        select(WebhookEvent.id)
        .where(WebhookEvent.state.in_(("quarantined", "unreadable")))
        .limit(1000)
        .subquery()
    )
    if set_aside := db.session.scalar(select(func.count()).select_from(aside)):
        many = "1,000 or more" if set_aside == 1000 else f"{set_aside:,}"
        yield note(
            "inbox",
            f"{many} webhooks hold a part that was not understood.",
            "Settings → Webhook → See what came shows them.",
        )


def check_mail() -> Iterator[Finding]:
    """Connects and signs in; sends nothing. No transaction may be open."""
    settings = current_app.config["SETTINGS"]
    if settings.smtp_url is None:
        yield well("mail", "It is not set up: alerts and reports are shown in the app only.")
        return
    if settings.mail_from is None:
        yield wrong("mail", "SMTP_URL is set, but not MAIL_FROM.", "Set the sender's address.")
    address = urlsplit(settings.smtp_url)
    try:
        with _mail_server(address) as server:
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            server.noop()
    except (smtplib.SMTPException, OSError) as error:
        yield wrong(
            "mail",
            f"{address.hostname} does not take our mail ({_mail_fault(error)}).",
            "Check SMTP_URL: host, port, user and password.",
        )
    else:
        yield well("mail", f"{address.hostname} would take our mail.")


def _mail_server(address) -> smtplib.SMTP:
    if address.scheme == "smtps":
        return smtplib.SMTP_SSL(address.hostname, address.port or 465, timeout=MAIL_SECONDS)
    server = smtplib.SMTP(address.hostname, address.port or 25, timeout=MAIL_SECONDS)
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls()
    return server


def _mail_fault(error: Exception) -> str:
    """Its kind and code; the server's own words may repeat what it was given."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _compared(ours: datetime, theirs: datetime, whose: str) -> Finding:
    difference = abs(ours - theirs)
    seconds = f"{difference.total_seconds():.0f} s"
    if difference >= CLOCKS_DIFFER_BADLY:
        return wrong(
            "clock",
            f"This machine's differs from {whose} by {seconds}.",
            "Let a time service set it (timedatectl set-ntp true): days, limits and leases go by it.",
        )
    if difference >= CLOCKS_DIFFER:
        return note(
            "clock",
            f"This machine's differs from {whose} by {seconds}.",
            "Let a time service set it (timedatectl set-ntp true).",
        )
    return well("clock", f"It agrees with {whose} within {CLOCKS_DIFFER.seconds} s.")


def _shown(at: datetime) -> str:
    return f"{at.astimezone(current_app.config['SETTINGS'].zone):%Y-%m-%d %H:%M:%S %Z}"
