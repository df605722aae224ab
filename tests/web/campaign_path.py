"""The path of a campaign's set-up, walked by tests."""

from tests.page_checks import PageClient

PEOPLE = "/setup/people"

FILLED = {
    "name": "Diwali early access",
    "description": "For our best",
    "template": "sale|en_US",
    "audience_mode": "some",
    "customer_tier": ["gold", "platinum"],
    "daily_send_limit": "500",
    "priority": "3",
}


def walk(client: PageClient, filled: dict, address: str = "/campaigns/new") -> str:
    """Send the three steps, each with what it takes of `filled`. Returns the address of the draft."""
    for _ in range(3):
        address = client.post(address, filled, 303).location
    assert address.endswith("/launch")
    return address.removesuffix("/launch")


def make(client: PageClient, filled: dict) -> str:
    """Send the first step. Returns the address of the draft."""
    address = client.post("/campaigns/new", filled, 303).location
    assert address.endswith(PEOPLE)
    return address.removesuffix(PEOPLE)
