"""What a check of the installation found: well, worth a look, or wrong, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """NOTE: it works, but somebody should know. WRONG: something does not work, or will not for long."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line about one topic. `advice` says what to do; empty where there is nothing to do."""

    topic: str
    verdict: Verdict
    sentence: str
    advice: str = ""


def well(topic: str, sentence: str) -> Finding:
    return Finding(topic, Verdict.WELL, sentence)


def note(topic: str, sentence: str, advice: str = "") -> Finding:
    return Finding(topic, Verdict.NOTE, sentence, advice)


def wrong(topic: str, sentence: str, advice: str) -> Finding:
    return Finding(topic, Verdict.WRONG, sentence, advice)
