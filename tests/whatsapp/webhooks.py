"""Webhooks as Meta writes them, to be changed by each test."""

import json


def a_status(**changes) -> dict:
    status = {
        "id": "wamid.1",
        "status": "delivered",
        "timestamp": "1790000000",
        "recipient_id": "14155550123",
        "biz_opaque_callback_data": "our-id",
        "conversation": {"id": "c", "origin": {"type": "marketing"}},
        "pricing": {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "marketing_lite",
        },
    }
    return {key: value for key, value in (status | changes).items() if value != "absent"}


def a_message(**changes) -> dict:
    message = {"from": "14155550123", "id": "wamid.in", "timestamp": "1790000000", "type": "text"}
    return {key: value for key, value in (message | changes).items() if value != "absent"}


def a_change(field="messages", **value) -> dict:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "1065403"}
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def a_webhook(*changes, **entry) -> bytes:
    document = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2200110", "changes": list(changes)} | entry],
    }
    return json.dumps(document).encode()


def statuses(*elements) -> bytes:
    return a_webhook(a_change(statuses=list(elements)))
