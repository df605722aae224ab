"""Is WhatsApp's side well: token and permissions, the number's state and limits, the templates, the webhook subscription."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app

from campaign_app.domain.errors import Refused
from campaign_app.domain.finding import Finding, Verdict, note, well, wrong
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.message_templates import WHY_NOT
from campaign_app.whatsapp.client import CloudApi, CloudApiError, PhoneNumberFacts
from campaign_app.whatsapp.token_facts import MANAGEMENT, MESSAGING

STANDARD_RATE = 80  # messages a second. Source: Meta, "Throughput", read 2026-09
EXPIRES_SOON = timedelta(days=14)
PERMISSIONS = {
    MESSAGING: "messages cannot be sent",
    MANAGEMENT: "neither message templates nor the number's limits can be read",
}


@dataclass
class Examination:
    """What WhatsApp said, asked at `asked_at`. `clock`: its own time of day at that moment."""

    asked_at: datetime
    findings: list[Finding] = field(default_factory=list)
    clock: datetime | None = None
    number: PhoneNumberFacts | None = None

    @property
    def may_send(self) -> bool:
        """WhatsApp says itself that the number can send, and nothing that it was asked is wrong."""
        is_wrong = any(found.verdict is Verdict.WRONG for found in self.findings)
        return (
            self.number is not None
            and self.number.health.can_send in ("AVAILABLE", "LIMITED")
            and not is_wrong
        )


def examine_whatsapp(now: datetime) -> Examination:
    """Ask the Cloud API. Talks to the network: no transaction may be open."""
    examination = Examination(now)
    try:
        api = cloud_api()
    except Refused as refusal:
        examination.findings.append(note("cloud api", f"It was not asked. {refusal.sentence}"))
        return examination
    try:
        examination.clock = api.server_time()
    except CloudApiError as error:
        advice = "Check WHATSAPP_API_URL, the name service, the firewall, and that this machine may reach the internet."
        examination.findings.append(wrong("cloud api", f"{api.base_url} gives no answer: {error}", advice))
        return examination
    examination.findings += _check_token(api, now)
    try:
        examination.number = api.phone_number()
    except CloudApiError as error:
        advice = "Check WHATSAPP_PHONE_NUMBER_ID, and that the System User may use this number."
        examination.findings.append(wrong("number", f"WhatsApp does not tell about it: {error}", advice))
    else:
        examination.findings += _check_number(examination.number)
    examination.findings += _check_templates(api)
    examination.findings += _check_subscription(api)
    return examination


def _check_token(api: CloudApi, now: datetime) -> Iterator[Finding]:
    advice = "Make a new token for the System User in Meta Business Suite, and set WHATSAPP_ACCESS_TOKEN."
    try:
        token = api.token_facts()
    except CloudApiError as error:
        yield wrong("token", f"WhatsApp refuses it: {error}", advice)
        return
    if not token.is_valid or (token.expires_at is not None and token.expires_at <= now):
        yield wrong("token", "WhatsApp says that it is not valid any more.", advice)
        return
    for permission, consequence in PERMISSIONS.items():
        if permission not in token.permissions:
            yield wrong("token", f"It lacks the permission {permission}: {consequence}.", advice)
    if token.expires_at is None:
        yield well("token", "It is valid and does not run out.")
    elif token.expires_at - now < EXPIRES_SOON:
        yield note(
            "token",
            f"It runs out on {token.expires_at:%Y-%m-%d %H:%M} UTC.",
            f"{advice} A System User's may be without end.",
        )
    else:
        yield well("token", f"It is valid until {token.expires_at:%Y-%m-%d}.")


def _check_number(facts: PhoneNumberFacts) -> Iterator[Finding]:
    settings = current_app.config["SETTINGS"]
    name = f"{facts.display_phone_number or 'The number'} ({facts.verified_name or 'without a name'})"
    reasons = " ".join(facts.health.reasons) or "WhatsApp gives no reason."
    if facts.health.can_send == "BLOCKED":
        yield wrong(
            "number",
            f"{name} may not send: {reasons}",
            "Meta Business Suite → WhatsApp Manager says how to settle it.",
        )
    elif facts.status not in (None, "CONNECTED"):
        yield wrong(
            "number",
            f"{name} is {facts.status}.",
            "Meta Business Suite → WhatsApp Manager → Phone numbers says what to do.",
        )
    elif facts.health.can_send == "LIMITED":
        yield note("number", f"{name} may send, but not everything: {reasons}", "See WhatsApp Manager.")
    else:
        yield well("number", f"{name} is connected.")
    if facts.quality_rating == "RED":
        yield wrong(
            "number",
            "Its quality rating is low: customers block or report it.",
            "Write to fewer people who did not ask for it; WhatsApp lowers the limit else.",
        )
    elif facts.quality_rating == "YELLOW":
        yield note("number", "Its quality rating is medium.", "Look at whom you write to, and what.")
    yield _check_limit(facts)
    if facts.throughput_level == "STANDARD" and settings.send_rate_per_second > STANDARD_RATE:
        sentence = f"SEND_RATE_PER_SECOND is {settings.send_rate_per_second}, but WhatsApp takes {STANDARD_RATE} a second from it."
        yield note("number", sentence, f"Set {STANDARD_RATE}: what goes beyond is throttled.")


def _check_limit(facts: PhoneNumberFacts) -> Finding:
    configured, reported = current_app.config["SETTINGS"].messaging_limit, facts.messaging_limit
    if reported is None:
        return note(
            "limit",
            "WhatsApp does not say how many customers may be written to in 24 hours.",
            "Set MESSAGING_LIMIT; without it 250 holds.",
        )
    sentence = f"WhatsApp lets {_people(reported)} be written to in 24 hours"
    if configured is not None and configured != reported:
        return well("limit", f"{sentence}; MESSAGING_LIMIT says {_people(configured)}. The smaller holds.")
    return well("limit", f"{sentence}.")


def _check_templates(api: CloudApi) -> Iterator[Finding]:
    try:
        states = [str(template.get("status")) for template in api.iter_templates()]
    except CloudApiError as error:
        yield wrong(
            "templates",
            f"The list cannot be read: {error}",
            "Check WHATSAPP_BUSINESS_ACCOUNT_ID and the token's permissions.",
        )
        return
    approved = states.count("APPROVED")
    if not approved:
        yield wrong(
            "templates",
            f"Of {len(states)} message templates none is approved.",
            "Submit one in WhatsApp Manager; campaigns can send approved ones only.",
        )
        return
    others = {state: states.count(state) for state in sorted(set(states)) if state != "APPROVED"}
    rest = "".join(
        f"; {count} cannot be sent: {WHY_NOT.get(state, state)}" for state, count in others.items()
    )
    yield well("templates", f"{approved} are approved{rest}.")


def _check_subscription(api: CloudApi) -> Iterator[Finding]:
    try:
        apps = api.subscribed_apps()
    except CloudApiError as error:
        yield wrong(
            "subscription",
            f"It cannot be read: {error}",
            "Check WHATSAPP_BUSINESS_ACCOUNT_ID and the token's permissions.",
        )
        return
    if not apps:
        advice = "POST /{WHATSAPP_BUSINESS_ACCOUNT_ID}/subscribed_apps with the token, or tick the account in Meta's webhook form."
        yield wrong("subscription", "No app gets this account's webhooks: no status will ever come.", advice)
    for app in apps:
        where = f" at {app.callback_url}" if app.callback_url else ""
        yield well("subscription", f"The app “{app.name or app.id}” gets this account's webhooks{where}.")


def _people(limit) -> str:
    return "everybody" if limit == "unlimited" else f"{limit:,} customers"
