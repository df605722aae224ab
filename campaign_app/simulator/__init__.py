"""A simulator of Meta's WhatsApp Cloud API: the same addresses, the same strictness, faults on request.

It imports nothing of the app, so that it cannot share its mistakes, and itself only by relative imports, so
that it also runs as a package of its own.
"""
