"""Customers over the API, by phone number."""

from campaign_app.services.opt_outs import holding_opt_outs
from tests.engine import customers

ANA = {
    "phone_number": "+919876543210",
    "name": "Ana",
    "customer_tier": "gold",
    "location": "Mumbai",
    "language": "en",
    "tags": ["vip"],
    "opted_in": True,
    "attributes": {"points": 12, "member": True, "since": "2023"},
}


def test_a_customer_is_added_and_replaced(staff, viewer):
    answer = staff.put("/customers/+919876543210", ANA, 201)
    assert answer.location == "/api/marketing/customers/+919876543210"
    assert answer.json == viewer.get("/customers/+919876543210").json == ANA

    replaced = staff.put("/customers/+919876543210", {"name": "Ana B", "attributes": {"points": 13}}).json
    expected = {"name": "Ana B", "customer_tier": None, "location": None, "language": None, "tags": []}
    assert replaced == {**ANA, **expected, "attributes": {"points": 13}}, "a recorded consent stays"


def test_what_get_gives_can_be_put_back(staff):
    staff.put("/customers/+919876543210", ANA, 201)
    given = staff.get("/customers/+919876543210").json
    assert staff.put("/customers/+919876543210", given).json == given


def test_the_plus_may_be_left_out_or_escaped(staff):
    staff.put("/customers/919876543210", {"name": "Ana"}, 201)
    for path in ("/customers/+919876543210", "/customers/%2B919876543210", "/customers/919876543210"):
        assert staff.get(path).json["name"] == "Ana"


def test_the_number_of_the_body_is_that_of_the_address(staff):
    other = {"phone_number": "+919876543211"}
    assert list(staff.put("/customers/+919876543210", other, 422).json["error"]["fields"]) == ["phone_number"]
    assert list(staff.put("/customers/+9112", {}, 422).json["error"]["fields"]) == ["phone_number"]
    wrong = {"phone_number": "x"}
    assert list(staff.put("/customers/+919876543210", wrong, 422).json["error"]["fields"]) == ["phone_number"]


def test_wrong_values_are_named(staff):
    for body, field in (
        ({"opted_in": "yes"}, "opted_in"),
        ({"tags": "vip"}, "tags"),
        ({"name": "x" * 201}, "name"),
        ({"attributes": {"a": {"b": 1}}}, "attributes"),
        ({"tier": "gold"}, "tier"),
    ):
        assert list(staff.put("/customers/+919876543210", body, 422).json["error"]["fields"]) == [field], body
    staff.get("/customers/+919876543210", 404)


def test_a_deleted_customer_is_gone_and_opt_outs_stay(staff):
    staff.put("/customers/+919876543210", ANA, 201)
    staff.post("/opt-outs", {"phone_number": "+919876543210"}, 201)
    staff.delete("/customers/919876543210")
    staff.delete("/customers/919876543210", 404)
    assert holding_opt_outs("+919876543210")


def test_many_are_added_and_merged(staff):
    staff.put("/customers/+919876543210", ANA, 201)
    rows = [
        {"phone_number": "+919876543210", "location": "Pune"},
        {"phone_number": "+919876543211", "name": "Ben"},
        {"phone_number": "12"},
        {"phone_number": "+919876543212", "attributes": {"a": []}},
    ]
    answer = staff.post("/customers/bulk", {"customers": rows}).json
    assert (answer["added"], answer["duplicates"]) == (1, 1)
    assert [row["index"] for row in answer["invalid"]] == [2, 3]
    assert staff.get("/customers/+919876543210").json == {**ANA, "location": "Pune"}


def test_at_most_a_thousand_at_once(staff):
    rows = [{"phone_number": f"+9198765{place:05}"} for place in range(1001)]
    assert list(staff.post("/customers/bulk", {"customers": rows}, 422).json["error"]["fields"]) == [
        "customers"
    ]
    assert staff.post("/customers/bulk", {"customers": rows[:1000]}).json["added"] == 1000


def test_all_are_listed_in_pages(viewer):
    made = [customer.phone_number for customer in customers(7)]
    seen, cursor = [], ""
    while cursor is not None:
        page = viewer.get(f"/customers?limit=3{cursor and '&cursor=' + cursor}").json
        seen += [row["phone_number"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made) and len(seen) == 7
