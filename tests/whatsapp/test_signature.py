"""A webhook counts only with the signature of its own bytes."""

import hashlib
import hmac
import json

import pytest

from campaign_app.whatsapp.signature import is_valid, sign

SECRET, OLD = "s3cret-of-the-app", "the-secret-before"
RAW = b'{"name":"Jos\\u00e9","path":"a\\/b"}'


def test_the_header_is_the_hmac_of_the_raw_bytes():
    expected = "sha256=" + hmac.new(SECRET.encode(), RAW, hashlib.sha256).hexdigest()
    assert sign(RAW, SECRET) == expected
    assert len(expected) == 71
    assert is_valid(RAW, expected, [SECRET])


@pytest.mark.parametrize("secrets", [[SECRET, OLD], [OLD, SECRET]])
def test_while_the_secret_changes_both_are_good(secrets):
    assert is_valid(RAW, sign(RAW, SECRET), secrets)
    assert is_valid(RAW, sign(RAW, OLD), secrets)


def test_the_same_json_written_anew_has_another_signature():
    assert not is_valid(json.dumps(json.loads(RAW)).encode(), sign(RAW, SECRET), [SECRET])


GOOD = sign(RAW, SECRET)
SHA1 = "sha1=" + hmac.new(SECRET.encode(), RAW, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    "header",
    [
        None, "", "sha256=", GOOD[:-1], GOOD + "0", GOOD.upper(), GOOD.replace("sha256", "SHA256"), GOOD[7:],
        SHA1, f" {GOOD}", f"{GOOD}\n", f"{GOOD},{GOOD}", "sha256=" + "é" * 64, "sha256=" + "0" * 64,
        "sha512=" + GOOD[7:], sign(RAW + b" ", SECRET), sign(RAW, "another app's secret"), sign(RAW, ""),
    ],
)  # fmt: skip
def test_every_other_header_is_refused(header):
    assert not is_valid(RAW, header, [SECRET])


def test_without_a_secret_nothing_is_valid():
    assert not is_valid(RAW, sign(RAW, ""), [])
    assert not is_valid(RAW, sign(RAW, ""), [""])
    assert not is_valid(RAW, sign(RAW, ""), ["", SECRET])
