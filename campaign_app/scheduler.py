"""Every timed job on one screen. Each takes its lease, opens an app context and calls one service.

Every gunicorn worker runs this; the leases decide which of them works. Started after the fork, never in `create_app`.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.cloud_api import cloud_api, missing_settings
from campaign_app.services.housekeeping import prune_all
from campaign_app.services.import_runs import prune_files, run_imports
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.media_renewal import renew_media
from campaign_app.services.message_templates import read_templates, store_templates
from campaign_app.services.number import learn_number, read_number, sending_number
from campaign_app.services.retention import forget_old_recipients
from campaign_app.services.sender import Sender
from campaign_app.services.template_changes import has_changed_templates
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.steady_jobs import Every, SteadyScheduler
from campaign_app.whatsapp.client import CloudApiError

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1  # how soon a launch, or a dead sender, is noticed
NUMBER_EVERY = timedelta(hours=1)
TEMPLATES_EVERY = timedelta(days=1)
PRUNE_EVERY = timedelta(hours=1)
MEDIA_EVERY = timedelta(hours=1)
AFTER_FAILURE = timedelta(minutes=1)


class Scheduler:
    """The timed jobs of one process."""

    def __init__(self, app: Flask):
        settings = app.config["SETTINGS"]
        self._app = app
        self._interval = timedelta(seconds=settings.process_interval_seconds)
        self._leases = {
            name: LeaseHolder(name, settings.lease_seconds) for name in (SENDER_LEASE, "webhooks", "upkeep")
        }
        with app.app_context():
            self._sender = Sender(self._leases[SENDER_LEASE])
        self._wake_at: datetime | None = None
        self._last_run_at: datetime | None = None
        self._upkeep_at: dict[str, datetime] = {}
        self._files_pruned_at: datetime | None = None
        self._stopping = threading.Event()
        self._jobs = SteadyScheduler(timezone="UTC")
        self._add(self._send, LOOK_EVERY_SECONDS)
        self._add(self._apply_webhooks, settings.webhook_apply_interval_seconds)
        self._add(self._import_customers, LOOK_EVERY_SECONDS)
        self._add(self._keep_up, min(5.0, settings.lease_seconds / 3))  # often enough to keep its lease

    def start(self) -> None:
        self._jobs.start()

    def stop(self) -> None:
        """Finish what is in flight, claim nothing more, and let the leases go."""
        self._stopping.set()
        self._sender.stop()
        self._jobs.shutdown(wait=True)
        with self._app.app_context():
            for lease in self._leases.values():
                self._quietly(lease.release)
            db.session.remove()

    def _add(self, job: Callable[[], None], seconds: float) -> None:
        self._jobs.add_job(
            self._run, Every(seconds), args=[job], id=job.__name__, max_instances=1, coalesce=True,
            misfire_grace_time=None, next_run_time=datetime.now(self._jobs.timezone),
        )  # fmt: skip

    def _run(self, job: Callable[[], None]) -> None:
        if self._stopping.is_set():
            return
        with self._app.app_context():
            self._quietly(job)
            db.session.remove()

    def _quietly(self, job: Callable[[], None]) -> None:
        """A job that fails is tried again at its next time; a database that is away must not fill the log."""
        try:
            job()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.error("%s: %s", job.__name__, type(getattr(error, "orig", None) or error).__name__)
        except Exception:
            db.session.rollback()
            log.exception("%s failed", job.__name__)

    # ---- the jobs -------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        """Process due campaigns: every PROCESS_INTERVAL_SECONDS, when asked to, and when something that waited may go on."""
        if not self._leases[SENDER_LEASE].hold():
            self._last_run_at = None  # whoever takes over begins with a run
            return
        now = utc_now()
        with reading():
            number = sending_number()
            asked = number.run_requested_at is not None
            db.session.rollback()
        last = self._last_run_at
        # A last one that is still to come means that the clock was set back.
        due = last is None or not last <= now < last + self._interval
        if asked or due or (self._wake_at is not None and now >= self._wake_at):
            self._last_run_at = now
            self._wake_at = self._sender.run()

    def _apply_webhooks(self) -> None:
        """Apply stored webhooks until none is left."""
        while self._leases["webhooks"].hold() and not self._stopping.is_set():
            if not apply_waiting():
                return

    def _import_customers(self) -> None:
        """Read and write customer files; each import has one process at a time."""
        if self._files_pruned_at is None or utc_now() - self._files_pruned_at > PRUNE_EVERY:
            self._files_pruned_at = utc_now()
            prune_files(self._files_pruned_at)  # those of this machine: no other one can
        while not self._stopping.is_set() and run_imports(self._stopping.is_set):
            pass

    def _keep_up(self) -> None:
        """Hourly: the number's limits, what is too old, media that WhatsApp is about to forget. Daily: the message templates."""
        if not self._leases["upkeep"].hold():
            self._upkeep_at.clear()
            return
        if self._is_time("prune", PRUNE_EVERY):
            prune_all(utc_now())
            db.session.commit()
            forget_old_recipients(utc_now())
        if missing_settings():
            return
        if self._is_time("number", NUMBER_EVERY):
            self._read_number()
        every = AFTER_FAILURE if has_changed_templates() else TEMPLATES_EVERY
        if self._is_time("templates", every):
            self._read_templates(every)
        if self._is_time("media", MEDIA_EVERY):
            renew_media(cloud_api(), utc_now())

    def _read_number(self) -> None:
        facts = read_number(cloud_api())
        if facts.get("check_error"):
            self._again_soon("number", NUMBER_EVERY)
        learn_number({**facts, "checked_at": utc_now()}, utc_now())
        db.session.commit()

    def _read_templates(self, every: timedelta) -> None:
        try:
            listed = read_templates(cloud_api())
        except CloudApiError as error:
            log.warning("The message templates could not be read: %s", error)
            self._again_soon("templates", every)
            return
        store_templates(listed, utc_now())
        db.session.commit()

    def _again_soon(self, what: str, every: timedelta) -> None:
        """WhatsApp could not be asked: not to know the limit for an hour would hold campaigns back."""
        self._upkeep_at[what] = utc_now() - every + AFTER_FAILURE

    def _is_time(self, what: str, every: timedelta) -> bool:
        last = self._upkeep_at.get(what)
        if last is not None and last <= utc_now() < last + every:
            return False
        self._upkeep_at[what] = utc_now()
        return True
