"""Rows as older versions of the app left them: a campaign in mid-run with all that belongs to it, and one row in every other table."""

from hashlib import sha256

from campaign_app.domain.ids import new_id
from tests.makers import NOON
from tests.whatsapp.webhooks import a_change, a_status, a_webhook

CAMPAIGN, DRAFT = new_id(), new_id()
PEOPLE = {name: new_id() for name in ("pending", "sent", "read", "failed")}
MESSAGES = {name: new_id() for name in ("sent", "read", "failed")}
NUMBERS = {name: f"+91980000000{place}" for place, name in enumerate(PEOPLE)}
DAY, ID = NOON.date(), new_id()
BODY = a_webhook(
    a_change(
        statuses=[a_status(id="wamid.sent", biz_opaque_callback_data=str(MESSAGES["sent"]), status="delivered", timestamp=str(int(NOON.timestamp()) + 60))]
    )
)  # fmt: skip


def _recipient(name: str, place: int, **more) -> dict:
    return {
        "id": PEOPLE[name], "campaign_id": CAMPAIGN, "phone_number": NUMBERS[name], "name": "Ananya", "position": place, "status": name,
        "attempt": 1, "next_try_at": NOON, "message_id": MESSAGES.get(name), "scheduled_send_date": DAY, **more,
    }  # fmt: skip


def _message(name: str, **more) -> dict:
    return {
        "id": MESSAGES[name], "campaign_id": CAMPAIGN, "recipient_id": PEOPLE[name], "attempt": 1, "phone_number": NUMBERS[name], "status": name,
        "send_date": DAY, "authorised_at": NOON, "lease_epoch": 1, **more,
    }  # fmt: skip


FAILED = {"failed_at": NOON, "failure_code": 131026, "failure_reason": "Error 131026: Message undeliverable"}

# A campaign in mid-run with everything that belongs to it, and one row in every other table; the order is that of the foreign keys.
# A column that a revision does not have (yet, or any more) is left out.
ROWS: list[tuple[str, dict]] = [
    ("users", {"id": ID, "email": "ana@example.com", "password_hash": None, "role": "admin", "is_enabled": True, "session_key": "k" * 43}),
    ("api_tokens", {"id": ID, "name": "till", "token_sha256": "a" * 64, "role": "staff", "created_by": "ana@example.com"}),
    ("idempotent_requests", {"id": ID, "token_id": ID, "key": "k1", "request_sha256": "b" * 64, "status_code": 201, "answer": {"a": 1}}),
    ("audit_entries", {"id": ID, "at": NOON, "actor": "ana@example.com", "action": "campaign.launched", "details": {"a": 1}}),
    ("sign_in_attempts", {"id": ID, "email": "ana@example.com", "address": "203.0.113.9", "at": NOON}),
    ("customers", {"id": ID, "phone_number": NUMBERS["sent"], "name": "Ananya", "tags": ["a"], "attributes": {"size": "M"}, "opted_in": True}),
    ("opt_outs", {"id": ID, "phone_number": "+919700000001", "kind": "word", "opted_out_at": NOON}),
    ("message_templates", {"id": ID, "name": "spring", "language": "en_US", "status": "APPROVED", "components": [], "synced_at": NOON}),
    ("sending_numbers", {"phone_number_id": "106540352242922", "display_phone_number": "+91 98765 00000", "messaging_limit": 2000}),
    ("leases", {"name": "sender", "owner": "old:1:a", "epoch": 7, "expires_at": NOON}),
    ("marketing_campaigns", {
        "id": CAMPAIGN, "name": "Spring sale", "template_name": "spring", "status": "active", "daily_send_limit": 100, "started_at": NOON,
        "launched_at": NOON, "total_target_customers": 4, "messages_sent": 2, "messages_delivered": 1, "messages_read": 1, "messages_failed": 1,
        "messages_refused": 1, "messages_pending": 1, "target_audience": {"all": True}, "template_components": [],
    }),
    ("marketing_campaigns", {"id": DRAFT, "name": "Draft", "template_name": "spring", "send_window": {"days": ["mon"], "start": "09:00", "end": "20:00"}}),
    ("campaign_recipients", _recipient("pending", 1, attempt=0)),
    ("campaign_recipients", _recipient("sent", 2, sent_at=NOON, whatsapp_message_id="wamid.sent", customer_id=ID)),
    ("campaign_recipients", _recipient("read", 3, sent_at=NOON, delivered_at=NOON, read_at=NOON, whatsapp_message_id="wamid.read")),
    ("campaign_recipients", _recipient("failed", 4, **FAILED)),
    ("whatsapp_messages", _message("sent", sent_at=NOON, whatsapp_message_id="wamid.sent")),
    ("whatsapp_messages", _message("read", sent_at=NOON, delivered_at=NOON, read_at=NOON, whatsapp_message_id="wamid.read")),
    ("whatsapp_messages", _message("failed", refused_at=NOON, failure_title="Message undeliverable", **FAILED)),
    ("campaign_send_schedule", {
        "id": ID, "campaign_id": CAMPAIGN, "send_date": DAY, "batch_size": 100, "messages_authorised": 2, "messages_sent": 2,
        "messages_remaining": 98, "status": "processing",
    }),
    ("campaign_analytics", {
        "id": ID, "campaign_id": CAMPAIGN, "analytics_date": DAY, "messages_sent": 2, "messages_delivered": 1, "messages_read": 1,
        "messages_failed": 1, "delivery_rate": 50, "read_rate": 100, "failure_rate": 33.3,
    }),
    ("campaign_hourly_analytics", {
        "campaign_id": CAMPAIGN, "hour": NOON, "messages_sent": 2, "messages_delivered": 1, "messages_read": 1, "messages_failed": 1,
    }),
    ("campaign_failure_counts", {
        "id": ID, "campaign_id": CAMPAIGN, "code": 131026, "title": "Message undeliverable", "failures": 1, "first_failed_at": NOON,
        "last_failed_at": NOON,
    }),
    ("webhook_events", {"id": ID, "sha256": sha256(BODY).hexdigest(), "fingerprint": b"f" * 20, "body": BODY, "received_at": NOON, "state": "waiting"}),
    ("waiting_statuses", {"id": ID, "wamid": "wamid.unknown", "status": {"error": None}, "sha256": "c" * 64, "first_seen_at": NOON}),
    ("message_events", {"message_id": MESSAGES["read"], "status": "read", "happened_at": NOON, "received_at": NOON}),
    ("consent_events", {"id": ID, "phone_number": NUMBERS["sent"], "opted_in": True, "at": NOON}),
    ("segments", {"id": ID, "name": "Everybody", "filter": {"all": True}}),
    ("customer_imports", {
        "id": ID, "file_name": "people.csv", "file_sha256": "d" * 64, "file_bytes": 10, "state": "done", "layout": "e" * 64, "header_line": 1,
        "columns": [], "created_by": "ana@example.com",
    }),
    ("erased_numbers", {"id": ID, "number_hash": "f" * 64, "erased_at": NOON}),
    ("account_notices", {"subject": "a", "sentence": "A warning.", "is_serious": False, "noted_at": NOON}),
]  # fmt: skip
LATER = {
    "user_sessions",
    "account_links",
    "recovery_codes",
    "api_token_rates",
    "file_blocks",
    "media",
    "installations",
}  # nothing of the old ones' can lie in them
USUAL = {"created_at": NOON, "updated_at": NOON}
