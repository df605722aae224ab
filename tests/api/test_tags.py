"""What a program has just been told is not told again."""

import pytest

PARTS = ("stats", "failures", "schedule", "analytics")


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_unchanged_numbers_are_a_bare_304(staff, encoding):
    path = f"/campaigns/{staff.campaign()['id']}"
    for part in PARTS:
        headers = {"Accept-Encoding": encoding}
        first = staff.get(f"{path}/{part}", headers=headers)
        assert (
            "private" in first.headers["Cache-Control"] and "no-store" not in first.headers["Cache-Control"]
        )
        tag = first.headers["ETag"]
        again = staff.get(f"{path}/{part}", 304, headers={**headers, "If-None-Match": tag})
        assert again.data == b"" and again.headers["ETag"] == tag
        staff.get(f"{path}/{part}", 200, headers={**headers, "If-None-Match": '"another"'})


def test_numbers_that_have_changed_are_told(staff):
    path = f"/campaigns/{staff.campaign()['id']}"
    tag = staff.get(f"{path}/stats").headers["ETag"]
    staff.patch(path, {"name": "Another name"})
    answer = staff.get(f"{path}/stats", 200, headers={"If-None-Match": tag})
    assert answer.json["campaign_name"] == "Another name" and answer.headers["ETag"] != tag


def test_a_tag_opens_nothing_without_a_token(staff, stranger):
    path = f"/campaigns/{staff.campaign()['id']}/stats"
    tag = staff.get(path).headers["ETag"]
    stranger.get(path, 401, headers={"If-None-Match": tag})


def test_what_is_not_tagged_is_kept_by_nobody(staff):
    assert staff.get("/campaigns").headers["Cache-Control"] == "no-store"
