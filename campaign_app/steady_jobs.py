"""APScheduler's jobs at steady intervals: by itself it goes by the time of day, which people and time servers set forward and
back."""

import threading
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

LOOK_EVERY_SECONDS = 1.0


class Every(BaseTrigger):
    """So many seconds after it ran last. The library's own interval counts all the times that a clock skips, one by one: a
    day forward keeps the processor busy for seconds."""

    def __init__(self, seconds: float):
        self.pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.pause


class SteadyScheduler(BackgroundScheduler):
    """Runs jobs `Every` so often, also after the clock was set back: a job's next time may be hours away by then."""

    def start(self, *arguments, **options) -> None:
        super().start(*arguments, **options)
        self._ended = threading.Event()
        threading.Thread(target=self._watch_clock, name="clock", daemon=True).start()

    def shutdown(self, wait: bool = True) -> None:
        self._ended.set()
        super().shutdown(wait)

    def _watch_clock(self) -> None:
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            now = datetime.now(self.timezone)
            for job in self.get_jobs():
                if job.next_run_time > now + job.trigger.pause:
                    job.modify(next_run_time=now)
            self.wakeup()  # it may have laid itself to sleep until a time that the clock has skipped since
