"""The Cloud API client of this installation."""

from flask import current_app

from campaign_app.domain.errors import Conflict
from campaign_app.whatsapp.client import CloudApi


def missing_settings() -> list[str]:
    """The settings without which nothing can be sent."""
    settings = current_app.config["SETTINGS"]
    needed = {
        "WHATSAPP_PHONE_NUMBER_ID": settings.whatsapp_phone_number_id,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": settings.whatsapp_business_account_id,
        "WHATSAPP_ACCESS_TOKEN": settings.whatsapp_access_token,
    }
    return [name for name, value in needed.items() if not value]


def cloud_api() -> CloudApi:
    """A client as set up. Raises Conflict, naming the settings that are missing."""
    missing = missing_settings()
    if missing:
        raise Conflict(f"WhatsApp is not set up: {', '.join(missing)} must be set on the server.")
    settings = current_app.config["SETTINGS"]
    return CloudApi(
        base_url=settings.whatsapp_api_url,
        version=settings.whatsapp_api_version,
        phone_number_id=settings.whatsapp_phone_number_id,
        business_account_id=settings.whatsapp_business_account_id,
        access_token=settings.whatsapp_access_token,
        send_timeout_seconds=settings.send_timeout_seconds,
    )
