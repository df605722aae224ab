"""A clock that a test sets: processes started with its `environ` see the machine's time of day moved, as a person or a broken
time server would move it. The monotonic clock stays as it is."""

import mmap
import shutil
import struct
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

# Read on every call, so that a running process sees each change at once: seconds to add, as int64.
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static int64_t ahead(void) {
    static volatile int64_t *file;
    if (!file) {
        int descriptor = open(getenv("MOVED_CLOCK"), O_RDONLY);
        file = mmap(0, sizeof *file, PROT_READ, MAP_SHARED, descriptor, 0);
    }
    return *file;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += ahead();
    return answer;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"""


class MovedClock:
    """Starts as the machine's clock. Skips the test where there is no C compiler to build it with."""

    def __init__(self, folder: Path):
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("a C compiler (Debian package gcc) is needed to move the clock of a process")
        library, source, file = folder / "clock.so", folder / "clock.c", folder / "clock"
        source.write_text(SOURCE)
        build = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        subprocess.run(build, check=True)
        file.write_bytes(bytes(8))
        self._file = open(file, "r+b")
        self._map = mmap.mmap(self._file.fileno(), 8)
        self.environ = {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(file)}

    @property
    def ahead(self) -> int:
        """Seconds by which it differs from the machine's clock."""
        return struct.unpack("=q", self._map[:8])[0]

    def move(self, by: timedelta) -> None:
        self._map[:8] = struct.pack("=q", self.ahead + int(by.total_seconds()))

    def set(self, to: datetime) -> None:
        """To within a second, never later."""
        self._map[:8] = struct.pack("=q", int(to.timestamp() - time.time() - 0.999))

    def now(self) -> datetime:
        return self.at(time.time())

    def at(self, machine_time: float) -> datetime:
        """What it shows, as it is set now, when the machine's clock shows `machine_time`."""
        return datetime.fromtimestamp(machine_time + self.ahead, UTC)
