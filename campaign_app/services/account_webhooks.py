"""What WhatsApp says about our account and number: limits, quality, restrictions, alerts; and message templates."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app

from campaign_app.services.account_notices import note, settle
from campaign_app.services.number import drop_stop, sending_number, stop_number
from campaign_app.services.number_webhooks import number_quality, reported_limit
from campaign_app.services.template_webhooks import (
    template_category,
    template_components,
    template_quality,
    template_status,
)
from campaign_app.whatsapp.json_values import instant_of
from campaign_app.whatsapp.webhook_elements import OtherChange, ParsedWebhook

SHOWN_FOR = timedelta(days=30)

# What WhatsApp may do to an account, and what that means for campaigns. Source: Meta, "account_update", read 2026-10.
MAY_NOT_BEGIN = "RESTRICTED_BIZ_INITIATED_MESSAGING"
RESTRICTIONS = {
    MAY_NOT_BEGIN: "it may not begin conversations, so no campaign can be sent",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "it may not answer customers",
    "RESTRICTED_UTILITY_TEMPLATES": "it may not send utility templates",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "no phone number can be added",
}
OF_THE_BUSINESS = ("business_capability_update", "account_alerts")
GONE = {
    "ACCOUNT_DELETED": "WhatsApp has deleted the business account.",
    "ACCOUNT_OFFBOARDED": "The business account was disconnected from this app.",
    "PARTNER_REMOVED": "The business account was taken away from this app's business.",
    "PARTNER_APP_UNINSTALLED": "This app was removed from the business account.",
}
BACK = ("ACCOUNT_RECONNECTED", "PARTNER_ADDED", "PARTNER_APP_INSTALLED")


def apply_others(webhooks: Sequence[ParsedWebhook], now: datetime) -> None:
    """Apply the changes that matter for sending; what is unknown stays stored in the inbox. The caller commits.

    Each counts from the time at which WhatsApp says that it happened: an older word never undoes a later one.
    """
    for webhook in webhooks:
        for change in webhook.others:
            if isinstance(change.value, dict) and _is_ours(change):
                _apply(change, min(change.at or now, now), now)


def _is_ours(change: OtherChange) -> bool:
    """One app may serve several business accounts; only that of the settings is ours. The limit and the alerts are of the
    whole business, whichever of its accounts they came by."""
    if change.field in OF_THE_BUSINESS:
        return True
    ours = current_app.config["SETTINGS"].whatsapp_business_account_id
    return not ours or change.business_account_id in (None, ours)


def _apply(change: OtherChange, at: datetime, now: datetime) -> None:
    value = change.value
    match change.field:
        case "message_template_status_update":
            template_status(value, at, now)
        case "message_template_components_update":
            template_components(value, at)
        case "message_template_quality_update":
            template_quality(value, at)
        case "template_category_update":
            template_category(value, at)
        case "business_capability_update":
            reported_limit(value, at, now)
        case "phone_number_quality_update":
            number_quality(value, at, now)
        case "account_update":
            _account(value, at, now)
        case "account_alerts":
            _alert(value, at)


def _account(value: dict, at: datetime, now: datetime) -> None:
    event = _word(value.get("event"))
    if event == "ACCOUNT_VIOLATION":
        kind = _words_of(_part(value, "violation_info").get("violation_type"))
        about = f" ({kind})" if kind else ""
        note(
            "account:violation",
            f"WhatsApp reports that the business account breaks its policy{about}. Look into WhatsApp Manager,"
            " Account quality: restrictions may follow.",
            True,
            at,
            at + SHOWN_FOR,
        )
    elif event == "ACCOUNT_RESTRICTION":
        _restriction(value, at, now)
    elif event == "DISABLED_UPDATE":
        _ban(_part(value, "ban_info"), at, now)
    elif event in GONE:
        if note("account:ban", f"{GONE[event]} Nothing can be sent.", True, at):
            stop_number(None, GONE[event], now)
    elif event in BACK and settle("account:ban", at):
        _go_on(f"WhatsApp reports {_words_of(event)}", now)


def _restriction(value: dict, at: datetime, now: datetime) -> None:
    listed = value.get("restriction_info")
    found = [one for one in (listed if isinstance(listed, list) else [listed]) if isinstance(one, dict)]
    kinds = [_word(one.get("restriction_type")) for one in found]
    ends = [end for one in found if (end := instant_of(one.get("expiration"))) is not None]
    until = max(ends) if ends and len(ends) == len(found) else None
    what = (
        "; ".join(RESTRICTIONS.get(kind, _words_of(kind)) for kind in kinds if kind) or "it does not say how"
    )
    sentence = f"WhatsApp has restricted the business account: {what}."
    if not note("account:restriction", sentence, True, at, until or at + SHOWN_FOR):
        return
    if MAY_NOT_BEGIN in kinds and (until is None or until > now):
        stop_number(None, sentence, now)


def _ban(ban: dict, at: datetime, now: datetime) -> None:
    state, day = _word(ban.get("waba_ban_state")), str(ban.get("waba_ban_date") or "")[:60]
    if state == "DISABLE":
        sentence = (
            "WhatsApp has disabled the business account: nothing can be sent. Appeal in WhatsApp Manager."
        )
        if note("account:ban", sentence, True, at):
            stop_number(None, sentence, now)
    elif state == "SCHEDULE_FOR_DISABLE":
        when = f" on {day}" if day else " soon"
        sentence = f"WhatsApp will disable the business account{when}. Appeal in WhatsApp Manager."
        note("account:ban", sentence, True, at)
    elif state == "REINSTATE":
        settle("account:restriction", at)
        if settle("account:ban", at):
            _go_on("WhatsApp has reinstated the business account", now)


def _go_on(reason: str, now: datetime) -> None:
    """End a stop that the account's state brought about; one for another reason, such as the token, stays."""
    number = sending_number()
    if number.stopped_at is not None and number.stopped_code is None:
        drop_stop(now, reason)


def _alert(value: dict, at: datetime) -> None:
    """An alert in Meta's own words; formerly its parts stood at the top level."""
    alert = _part(value, "alert_info") or value
    kind = _word(alert.get("alert_type"))
    description = str(alert.get("alert_description") or "").strip()
    if not kind and not description:
        return
    subject = f"alert:{_word(value.get('entity_type'))}:{str(value.get('entity_id') or '')[:40]}:{kind}"
    if _word(alert.get("alert_status")) in ("RESOLVED", "INACTIVE", "CLOSED"):
        settle(subject, at)
        return
    sentence = description or f"WhatsApp reports {_words_of(kind)}."
    note(subject, sentence, _word(alert.get("alert_severity")) == "CRITICAL", at, at + SHOWN_FOR)


def _part(value: dict, name: str) -> dict:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _word(value: object) -> str:
    return value.strip().upper()[:80] if isinstance(value, str) else ""


def _words_of(value: object) -> str:
    """`SPAM_REPORTS` as “spam reports”."""
    return _word(value).replace("_", " ").lower()
