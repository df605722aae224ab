"""How gunicorn serves the app: workers with threads, and one scheduler in each, whose leases decide which one works."""

import gc
import os
import sys
from pathlib import Path

from dotenv import load_dotenv

from campaign_app import create_app
from campaign_app.scheduler import Scheduler
from campaign_app.schema import schema_fault
from config import SettingError, load_server_settings

load_dotenv(Path(__file__).parent / ".env")
try:
    server_settings = load_server_settings(os.environ)
except SettingError as error:
    sys.exit(f"Campaign App cannot start. {error}")

bind = f"127.0.0.1:{server_settings.port}"
workers = server_settings.workers
worker_class = "gthread"
threads = server_settings.threads
timeout = 60
graceful_timeout = 40  # what is in flight to WhatsApp is finished first
keepalive = 5
control_socket_disable = True


def on_starting(server):
    """Refuse to start, in one line, on a wrong setting or a database that is not at head."""
    try:
        fault = schema_fault(create_app())
    except SettingError as error:
        fault = str(error)
    if fault:
        print(f"Campaign App cannot start. {fault}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def post_worker_init(worker):
    """After the fork: threads do not survive one."""
    # What is loaded now stays: to look it through again and again for garbage would take a fifth of the applier's time.
    gc.collect()
    gc.freeze()
    app = worker.app.callable
    if app.config["SETTINGS"].scheduler_enabled:
        worker.scheduler = Scheduler(app)
        worker.scheduler.start()


def worker_exit(server, worker):
    if getattr(worker, "scheduler", None) is not None:
        worker.scheduler.stop()
