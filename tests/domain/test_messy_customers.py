"""The generated customer file: messy as promised, and the same for the same seed."""

import csv

import pytest

from campaign_app.domain.errors import Invalid
from campaign_app.domain.messy_customers import NO_NUMBERS, write_messy_customers
from campaign_app.domain.phone import parse_phone


def a_file(folder, customers: int, seed: int) -> bytes:
    path = folder / f"{customers}-{seed}.csv"
    write_messy_customers(path, customers, seed)
    return path.read_bytes()


@pytest.mark.parametrize(("customers", "seed"), [(0, 1), (1, 2), (250, 3), (250, 4)])
def test_it_holds_exactly_as_many_people_as_asked_for(tmp_path, customers, seed):
    rows = csv.DictReader(a_file(tmp_path, customers, seed).decode("utf-8-sig").splitlines(), delimiter=";")
    people = set()
    for row in rows:
        try:
            people.add(parse_phone(row["Mobile No."], "IN"))
        except Invalid:
            continue
    assert len(people) == customers


def test_it_has_everything_that_goes_wrong_in_real_files(tmp_path):
    raw = a_file(tmp_path, 400, 7)
    text = raw.decode("utf-8-sig")
    assert raw.startswith(b"\xef\xbb\xbf")
    assert "\r\n\r\n" in text or "\r\n;;;;;;;\r\n" in text
    for odd in (*filter(None, NO_NUMBERS), "=HYPERLINK", "🎉", '""Bunny""', "\u202a", "São Paulo", "TOTAL"):
        assert odd in text, odd


def test_the_same_seed_gives_the_same_file(tmp_path):
    assert a_file(tmp_path, 100, 5) == a_file(tmp_path, 100, 5)
    assert a_file(tmp_path, 100, 5) != a_file(tmp_path, 100, 6)
