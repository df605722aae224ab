"""The WSGI entry point that gunicorn and the `flask` command find."""

import sys

from campaign_app import create_app
from config import SettingError

try:
    app = create_app()
except SettingError as error:
    sys.exit(f"Campaign App cannot start. {error}")
