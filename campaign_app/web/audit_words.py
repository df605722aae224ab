"""Entries of the audit trail in words for people."""

from typing import Any

from campaign_app.models.audit_entry import AuditEntry

# subject_type -> what it is called in the list
KINDS = {
    "account_notice": "Notice of WhatsApp",
    "api_token": "API token",
    "audit": "Audit trail",
    "campaign": "Campaign",
    "customer": "Customer",
    "customers": "Customers",
    "database": "Database",
    "import": "Customer import",
    "number": "WhatsApp number",
    "opt_out": "Opt-out",
    "opt_outs": "Opt-outs",
    "person": "Personal data",
    "segment": "Segment",
    "user": "User",
    "webhook": "Webhook",
}


def deed(entry: AuditEntry) -> tuple[str, str]:
    """What was done, and the particulars, each as words: `("Campaign launched", "recipients 1,200")`."""
    kind = KINDS.get(entry.subject_type or "", "")
    action = entry.action.rsplit(".", 1)[-1].replace("_", " ")
    words = f"{kind}: {action}" if kind and "." in entry.action else action.capitalize()
    return words, ", ".join(f"{name.replace('_', ' ')} {_said(value)}" for name, value in _details(entry))


def _details(entry: AuditEntry) -> list[tuple[str, Any]]:
    told = [(name, value) for name, value in (entry.details or {}).items() if value not in (None, "", [], {})]
    return sorted(told, key=lambda item: item[0] == "to")  # PostgreSQL puts it before "from"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value)
