"""The tables. Importing this package makes all of them known to the metadata."""

from campaign_app.models import (  # noqa: F401
    analytics,
    api_token,
    audit_entry,
    campaign,
    customer,
    consent_event,
    customer_import,
    lease,
    erased_number,
    message,
    message_template,
    opt_out,
    recipient,
    send_schedule,
    sending_number,
    segment,
    user,
    webhook_event,
)
