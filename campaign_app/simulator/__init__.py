"""A simulator of Meta's WhatsApp Cloud API: the same addresses, the same strictness, faults on request. Imports nothing of the app."""
