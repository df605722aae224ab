"""What happens to a message: the last digits of the recipient's number choose its fate.

The tables below are the documentation: `behaviour_table()` renders them for `--help` and the README.
Among random numbers 8 in 100 meet a special fate. Codes that would stop a campaign or the whole number are
only reached by writing them out in the number's last eight digits, or by the setting `outage`.
"""

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass

from .error_catalogue import CATALOGUE


@dataclass(frozen=True)
class Fate:
    """One thing that can happen, `kind` from FATES, with an error code where the kind needs one."""

    kind: str
    code: int | None = None

    def __str__(self) -> str:
        return self.kind if self.code is None else f"{self.kind}:{self.code}"


# kind: (is the message accepted, is an error code needed, what happens)
FATES: dict[str, tuple[bool, bool, str]] = {
    "ordinary": (True, False, "accepted, then sent, delivered and read, each with its share"),
    "refused": (False, True, "refused with the code"),
    "refused_once": (False, True, "refused with the code the first time, accepted from the second on"),
    "failed_later": (True, True, "accepted, then failed with the code"),
    "delivered_then_failed": (True, True, "accepted, sent, delivered, then failed with the code"),
    "failed_before_answer": (True, True, "the failed webhook with the code comes before the answer"),
    "held_then_failed": (True, True, "held_for_quality_assessment, then failed with the code"),
    "held_then_delivered": (True, False, "held_for_quality_assessment, then sent, delivered and read"),
    "webhook_before_answer": (True, False, "sent, delivered and read come before the answer"),
    "read_without_delivered": (True, False, "sent, then read; delivered never comes"),
    "repeated_statuses": (True, False, "each status comes three times"),
    "statuses_backwards": (True, False, "read comes first, then delivered, then sent"),
    "no_statuses": (True, False, "accepted, and no webhook ever"),
    "answer_lost": (True, False, "accepted, the connection closes without an answer, webhooks come"),
    "connection_reset": (True, False, "accepted, the connection is reset without an answer, webhooks come"),
    "cut_answer": (True, False, "accepted, the connection breaks in the middle of the answer"),
    "slow_answer": (True, False, "accepted, answered after `slow_answer` seconds"),
    "never_answers": (True, False, "accepted, the connection stays open without an answer"),
    "dripping_answer": (True, False, "accepted, answered one byte a second"),
    "accepted_then_html_500": (True, False, "accepted, answered with a 500 HTML page"),
    "truncated_json": (True, False, "accepted, answered 200 with half of the JSON"),
    "answer_without_id": (True, False, "accepted, answered 200 without a message id"),
    "html_200": (True, False, "accepted, answered 200 with an HTML page"),
    "gzip_bomb": (True, False, "accepted, answered 200 with 100 MB of nothing in 100 kB of gzip"),
    "request_lost": (False, False, "not accepted, the connection closes without an answer"),
    "html_500": (False, False, "not accepted, answered with a 500 HTML page"),
    "empty_502": (False, False, "not accepted, answered 502 without a body"),
    "bare_429": (False, False, "not accepted, answered 429 with plain text, not Graph's JSON"),
    "redirect": (False, False, "not accepted, answered 307 to another host"),
}

# The number's last four digits, from and to: 800 of 10,000.
ENDINGS: list[tuple[int, int, Fate]] = [
    (9000, 9149, Fate("failed_later", 131026)),
    (9150, 9249, Fate("failed_later", 131049)),
    (9250, 9299, Fate("failed_later", 131050)),
    (9300, 9349, Fate("failed_later", 130472)),
    (9350, 9379, Fate("failed_later", 131047)),
    (9380, 9399, Fate("failed_later", 131053)),
    (9400, 9419, Fate("refused", 131000)),
    (9420, 9459, Fate("refused", 130403)),
    (9460, 9509, Fate("refused_once", 130429)),
    (9510, 9529, Fate("refused_once", 131056)),
    (9530, 9549, Fate("refused_once", 131016)),
    (9550, 9574, Fate("answer_lost")),
    (9575, 9579, Fate("connection_reset")),
    (9580, 9584, Fate("cut_answer")),
    (9585, 9589, Fate("slow_answer")),
    (9590, 9599, Fate("accepted_then_html_500")),
    (9600, 9604, Fate("truncated_json")),
    (9605, 9609, Fate("answer_without_id")),
    (9610, 9614, Fate("html_200")),
    (9615, 9619, Fate("html_500")),
    (9620, 9622, Fate("empty_502")),
    (9623, 9625, Fate("bare_429")),
    (9626, 9628, Fate("redirect")),
    (9629, 9631, Fate("request_lost")),
    (9632, 9632, Fate("never_answers")),
    (9633, 9633, Fate("dripping_answer")),
    (9634, 9634, Fate("gzip_bomb")),
    (9635, 9639, Fate("no_statuses")),
    (9640, 9689, Fate("read_without_delivered")),
    (9690, 9699, Fate("delivered_then_failed", 131026)),
    (9700, 9709, Fate("failed_before_answer", 131026)),
    (9710, 9729, Fate("webhook_before_answer")),
    (9730, 9754, Fate("repeated_statuses")),
    (9755, 9779, Fate("statuses_backwards")),
    (9780, 9799, Fate("held_then_delivered")),
]

# The number's last eight digits: two that choose the kind, six that are the code, as +91 98 77 131042.
WRITTEN_OUT: dict[str, str] = {
    "74": "failed_before_answer",
    "75": "held_then_failed",
    "76": "delivered_then_failed",
    "77": "refused",
    "78": "failed_later",
    "79": "refused_once",
}

_STARTS = [start for start, _, _ in ENDINGS]
_CODE_WRITTEN_OUT = re.compile(r"(7[4-9])(\d{6})$")
ORDINARY = Fate("ordinary")


def fate_of(number: str) -> Fate:
    """The fate that the digits of a number choose.

    >>> str(fate_of("919812349000")), str(fate_of("919877131042")), str(fate_of("919812340000"))
    ('failed_later:131026', 'refused:131042', 'ordinary')
    """
    if (written := _CODE_WRITTEN_OUT.search(number)) and int(written[2]) in CATALOGUE:
        return Fate(WRITTEN_OUT[written[1]], int(written[2]))
    ending = int(number[-4:]) if number[-4:].isdigit() else -1
    place = bisect_right(_STARTS, ending) - 1
    if place >= 0 and ending <= ENDINGS[place][1]:
        return ENDINGS[place][2]
    return ORDINARY


def fate_from_text(text: str) -> Fate:
    """A fate from its written form, `html_500` or `refused:190`. Raises ValueError when there is none."""
    kind, _, code = text.partition(":")
    if kind not in FATES:
        raise ValueError(f"{kind!r} is no fate; there are {', '.join(FATES)}")
    if FATES[kind][1] != code.isdigit():
        raise ValueError(f"{text!r}: {kind} is written {kind + ':CODE' if FATES[kind][1] else kind}")
    return Fate(kind, int(code)) if code else Fate(kind)


def is_accepted(fate: Fate) -> bool:
    return FATES[fate.kind][0]


def share(seed: int, number: str, what: str) -> float:
    """A number in [0, 1) that is always the same for the same seed, number and matter."""
    digest = hashlib.blake2b(f"{seed}:{number}:{what}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / (1 << 56)


def behaviour_table() -> list[tuple[str, str, str]]:
    """Rows (last digits of the number, fate, what happens) of every ending that does something special."""
    rows = []
    for start, end, fate in ENDINGS:
        digits = f"{start}" if start == end else f"{start}-{end}"
        meaning = FATES[fate.kind][2]
        if fate.code is not None:
            meaning = meaning.replace("the code", f"{fate.code}, {CATALOGUE[fate.code].title}")
        rows.append((digits, str(fate), meaning))
    for prefix, kind in WRITTEN_OUT.items():
        meaning = FATES[kind][2].replace("the code", "code CCCCCC (six digits, with leading zeros)")
        rows.append((f"{prefix}CCCCCC", f"{kind}:CODE", meaning))
    rows.append(("all others", "ordinary", FATES["ordinary"][2]))
    return rows
