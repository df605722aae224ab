"""A failed message says why, in one sentence of one form."""

import itertools

import pytest

from campaign_app.domain.failures import MAX_LENGTH, failure_reason


@pytest.mark.parametrize(
    "given",
    list(itertools.product((None, 131026), (None, "T"), (None, "M"), (None, "D"))),
    ids=lambda given: repr(given),
)
def test_what_was_not_given_leaves_no_punctuation_behind(given):
    code, title, message, details = given
    expected = {
        (False, False): "",
        (True, False): ": T",
        (False, True): ": M",
        (True, True): ": T - M",
    }[title is not None, message is not None]
    expected = "Error" + (f" {code}" if code is not None else "") + expected + (" (D)" if details else "")
    assert failure_reason(*given) == expected


def test_code_zero_is_a_code():
    assert failure_reason(0, "AuthException", None, None) == "Error 0: AuthException"


def test_the_reason_is_one_line_that_any_database_takes():
    reason = failure_reason(1, "a\x00b", "line one\r\nline\ttwo\u2028", "\ud83d half a pair")
    assert reason == "Error 1: ab - line one line two (\ufffd half a pair)"
    assert reason.encode("utf-8")


def test_empty_and_blank_parts_count_as_not_given():
    assert failure_reason(1, "", " \n", "\x00") == "Error 1"


def test_an_endless_reason_is_cut_and_says_so():
    reason = failure_reason(100, "Invalid parameter", "x" * 5000, "y" * 5000)
    assert len(reason) == MAX_LENGTH
    assert reason.startswith("Error 100: Invalid parameter - xxx")
    assert reason.endswith("…")
