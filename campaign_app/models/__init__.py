"""The tables. Importing this package makes all of them known to the metadata."""

from campaign_app.models import (  # noqa: F401
    account_notice,
    analytics,
    api_token,
    audit_entry,
    campaign,
    consent_event,
    customer,
    customer_import,
    erased_number,
    lease,
    message,
    message_event,
    message_template,
    opt_out,
    recipient,
    segment,
    send_schedule,
    sending_number,
    user,
    webhook_event,
)
