"""Cursors stay true while rows come and go."""

from tests.makers import a_campaign, sent_out


def pages(client, path: str, limit: int, between=lambda: None) -> list[list[dict]]:
    """Every page of a list; `between` is called after each."""
    found, cursor = [], None
    while True:
        page = client.get(f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json
        found.append(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return found
        between()


def test_campaigns_made_meanwhile_neither_repeat_nor_hide_any(viewer):
    made = [str(a_campaign(name=str(place)).id) for place in range(7)]
    found = pages(viewer, "/campaigns", 2, lambda: a_campaign(name="new"))
    assert [row["id"] for page in found for row in page] == made[::-1]


def test_a_deleted_campaign_moves_nobody(staff):
    made = [staff.campaign(name=str(place))["id"] for place in range(5)]
    first = staff.get("/campaigns?limit=2").json
    for gone in (made[3], made[2]):  # the one that the cursor stands at, and one behind it
        staff.delete(f"/campaigns/{gone}")
    rest = staff.get(f"/campaigns?limit=5&cursor={first['next_cursor']}").json
    assert [row["id"] for row in first["items"] + rest["items"]] == [made[4], made[3], made[1], made[0]]


def test_recipients_come_in_the_order_of_sending(viewer):
    campaign = a_campaign()
    sent_out(campaign, 9)
    found = pages(viewer, f"/campaigns/{campaign.id}/recipients", 4)
    assert [len(page) for page in found] == [4, 4, 1]
    numbers = [row["phone_number"] for page in found for row in page]
    assert numbers == sorted(numbers) and len(set(numbers)) == 9


def test_a_full_last_page_has_no_next(viewer):
    for place in range(4):
        a_campaign(name=str(place))
    assert [len(page) for page in pages(viewer, "/campaigns", 2)] == [2, 2]


def test_without_a_limit_a_page_has_fifty(viewer):
    for place in range(51):
        a_campaign(name=str(place))
    assert [len(viewer.get(path).json["items"]) for path in ("/campaigns", "/campaigns?limit=500")] == [
        50,
        51,
    ]
