"""The WhatsApp Cloud API: requests, answers, webhooks and error codes."""
