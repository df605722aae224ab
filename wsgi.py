"""The WSGI entry point that gunicorn and the `flask` command find."""

import secrets
import sys

from campaign_app import create_app
from config import SettingError, load_settings

# These commands bring settings of their own and need none of this machine.
SELF_CONTAINED = ("demo", "simulate")

try:
    if sys.argv[1:2] and sys.argv[1] in SELF_CONTAINED:
        app = create_app(load_settings({"SECRET_KEY": secrets.token_hex(32)}))
    else:
        app = create_app()
except SettingError as error:
    sys.exit(f"Campaign App cannot start. {error}")
