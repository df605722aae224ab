"""New identifiers: UUIDs that sort by the time of their making, which keeps indexes compact."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_latest = 0


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits.

    Those that a process makes sort in the order of their making, also within a moment (§6.2, method 3): the fraction goes
    on by one where the clock did not.
    """
    moment = _next_moments(1)
    value = (moment >> 12 & (1 << 48) - 1) << 80
    value |= 0x7 << 76
    value |= (moment & 0xFFF) << 64
    value |= 0b10 << 62
    value |= int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return UUID(int=value)


def new_ids(count: int) -> list[str]:
    """Many of them at once, as 32 hexadecimal digits each: at thousands of rows the UUID objects cost more than the rows."""
    first, chance = _next_moments(count), os.urandom(8 * count).hex()
    ids = []
    for place in range(count):
        moment = first + place
        tail = chance[16 * place : 16 * place + 16]
        ids.append(f"{moment >> 12:012x}7{moment & 0xFFF:03x}{int(tail[0], 16) & 3 | 8:x}{tail[1:]}")
    return ids


def _next_moments(count: int) -> int:
    """The first of `count` moments that nobody else in this process gets."""
    global _latest
    nanoseconds = time.time_ns()
    moment = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    with _lock:
        first = max(moment, _latest + 1)
        _latest = first + count - 1
    return first
