"""The WSGI entry point that gunicorn and the `flask` command find."""

import os
import secrets
import sys

from campaign_app import create_app
from campaign_app.cli.doctor import show_setting_faults
from campaign_app.schema import schema_fault
from config import SettingError, load_settings

# These commands bring settings of their own and need none of this machine.
SELF_CONTAINED = ("demo", "simulate")


def load():
    """The app, or an exit in one line: on a wrong setting, and, where pages are to be served, on an old schema."""
    command = sys.argv[1] if os.environ.get("FLASK_RUN_FROM_CLI") == "true" and sys.argv[1:] else None
    try:
        if command in SELF_CONTAINED:
            return create_app(load_settings({"SECRET_KEY": secrets.token_hex(32)}))
        app = create_app()
    except SettingError as error:
        if command == "doctor":
            show_setting_faults()
            sys.exit(1)
        sys.exit(f"Campaign App cannot start. {error}")
    if command in (None, "run") and (fault := schema_fault(app)):
        sys.exit(f"Campaign App cannot start. {fault}")
    return app


app = load()
