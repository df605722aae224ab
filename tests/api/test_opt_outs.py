"""Opt-outs over the API: recorded, listed, lifted; one kind never lifts another."""

from campaign_app.domain.clock import utc_now
from campaign_app.services.opt_outs import record_opt_out
from tests.makers import NOON, minutes

NUMBER = "+919876543210"


def test_an_opt_out_is_recorded_once(staff):
    answer = staff.post("/opt-outs", {"phone_number": "09876543210", "reason": "asked by phone"}, 201).json
    expected = {
        "phone_number": NUMBER,
        "kind": "ours",
        "reason": "asked by phone",
        "recorded_by": "token a staff",
    }
    assert answer | expected == answer
    assert staff.post("/opt-outs", {"phone_number": NUMBER}, 200).json == answer


def test_wrong_opt_outs_are_refused(staff):
    for body, field in (
        ({}, "phone_number"),
        ({"phone_number": "12"}, "phone_number"),
        ({"phone_number": NUMBER, "kind": "meta"}, "kind"),
        ({"phone_number": NUMBER, "reason": 5}, "reason"),
    ):
        assert list(staff.post("/opt-outs", body, 422).json["error"]["fields"]) == [field], body


def test_a_lifted_opt_out_is_gone(staff):
    staff.post("/opt-outs", {"phone_number": NUMBER}, 201)
    staff.delete("/opt-outs/919876543210")
    assert staff.get("/opt-outs").json["items"] == []
    staff.delete("/opt-outs/919876543210", 404)
    staff.delete("/opt-outs/0", 404)


def test_one_kind_never_lifts_another(staff):
    staff.post("/opt-outs", {"phone_number": NUMBER, "kind": "word"}, 201)
    assert "word" in staff.delete(f"/opt-outs/{NUMBER}", 409).json["error"]["message"]
    staff.delete(f"/opt-outs/{NUMBER}?kind=word")

    record_opt_out(NUMBER, "meta", None, None, utc_now())
    assert "WhatsApp" in staff.delete(f"/opt-outs/{NUMBER}", 409).json["error"]["message"]
    staff.delete(f"/opt-outs/{NUMBER}?kind=meta", 422)
    assert [row["kind"] for row in staff.get("/opt-outs").json["items"]] == ["meta"]


def test_they_are_listed_by_kind_and_in_pages(viewer):
    for place in range(5):
        kind = ("ours", "word")[place % 2]
        record_opt_out(f"+91987654321{place}", kind, None, None, NOON + minutes(place))
    first = viewer.get("/opt-outs?limit=2").json
    second = viewer.get(f"/opt-outs?limit=3&cursor={first['next_cursor']}").json
    numbers = [row["phone_number"] for row in first["items"] + second["items"]]
    assert numbers == [f"+91987654321{place}" for place in (4, 3, 2, 1, 0)] and second["next_cursor"] is None
    assert len(viewer.get("/opt-outs?kind=word").json["items"]) == 2
