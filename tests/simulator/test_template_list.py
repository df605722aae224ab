"""The account's templates: listed page by page, filtered, with the fields asked for."""

import pytest
import requests

from tests.simulator.sending import error_of, get

SHAPES = {
    ("holiday_sale_template", "en_US"): ("MARKETING", "APPROVED", "POSITIONAL"),
    ("spring_offer", "en_US"): ("MARKETING", "APPROVED", "POSITIONAL"),
    ("diwali_greeting", "en_US"): ("MARKETING", "APPROVED", "NAMED"),
    ("new_collection", "en_US"): ("MARKETING", "APPROVED", "POSITIONAL"),
    ("coupon_code", "en_US"): ("MARKETING", "APPROVED", "POSITIONAL"),
    ("order_update", "en_US"): ("UTILITY", "APPROVED", "POSITIONAL"),
    ("loyalty_reward", "hi"): ("MARKETING", "APPROVED", "POSITIONAL"),
    ("loyalty_reward", "pt_BR"): ("MARKETING", "APPROVED", "POSITIONAL"),
    ("clearance_sale", "en_US"): ("MARKETING", "PAUSED", "POSITIONAL"),
    ("lottery_prize", "en_US"): ("MARKETING", "REJECTED", "POSITIONAL"),
    ("summer_preview", "en_US"): ("MARKETING", "PENDING", "POSITIONAL"),
}


def listed(simulator, **query):
    answer = get(simulator, f"{simulator.business_account_id}/message_templates", **query)
    assert answer.status_code == 200
    return answer.json()


def test_the_default_set_has_every_shape_that_a_campaign_meets(simulator):
    found = {(one["name"], one["language"]): one for one in listed(simulator, limit="100")["data"]}

    for key, (category, status, parameter_format) in SHAPES.items():
        template = found[key]
        assert (template["category"], template["status"], template["parameter_format"]) == (
            category,
            status,
            parameter_format,
        )
        assert template["id"].isdigit()
        assert {component["type"] for component in template["components"]} >= {"BODY"}
    assert "{{" not in str(found["holiday_sale_template", "en_US"]["components"])
    assert len({template["id"] for template in found.values()}) == len(found)


def test_following_next_gives_every_template_once(simulator):
    whole = [one["id"] for one in listed(simulator, limit="1000")["data"]]
    headers = {"Authorization": f"Bearer {simulator.access_token}"}

    page, gathered, pages = listed(simulator, limit="4", fields="name"), [], 1
    while True:
        assert len(page["data"]) <= 4
        assert set(page["paging"]["cursors"]) == {"before", "after"}
        gathered += [one["id"] for one in page["data"]]
        if "next" not in page["paging"]:
            break
        assert page["paging"]["next"].startswith(f"{simulator.url}/v25.0/")
        page, pages = requests.get(page["paging"]["next"], headers=headers, timeout=10).json(), pages + 1
        assert set(page["data"][0]) == {"name", "id"}, "fields are kept from page to page"

    assert gathered == whole
    assert pages == -(-len(whole) // 4)


def test_after_and_before_walk_both_ways(simulator):
    first = listed(simulator, limit="3")
    second = listed(simulator, limit="3", after=first["paging"]["cursors"]["after"])
    back = listed(simulator, limit="3", before=second["paging"]["cursors"]["before"])

    assert "previous" not in first["paging"] and "previous" in second["paging"]
    assert back["data"] == first["data"] != second["data"]


def test_an_empty_answer_has_no_paging(simulator):
    assert listed(simulator, name="no_such_template") == {"data": []}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "spring_offer"}, {"spring_offer"}),
        ({"status": "PAUSED"}, {"clearance_sale"}),
        ({"category": "UTILITY"}, {"order_update"}),
        ({"language": "pt_BR"}, {"loyalty_reward"}),
        ({"name": "loyalty_reward", "language": "hi"}, {"loyalty_reward"}),
    ],
)
def test_filters_hold(simulator, query, names):
    assert {one["name"] for one in listed(simulator, limit="100", **query)["data"]} == names


def test_only_the_fields_asked_for_come_and_always_the_id(simulator):
    template = listed(simulator, fields="status,quality_score,nonsense", limit="1")["data"][0]

    assert set(template) == {"id", "status", "quality_score"}


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "many"}, {"after": "not a cursor"}])
def test_a_bad_limit_or_cursor_is_code_100(simulator, query):
    response = get(simulator, f"{simulator.business_account_id}/message_templates", **query)

    assert (response.status_code, error_of(response)["code"]) == (400, 100)


def test_one_template_is_found_by_its_id(simulator):
    template = listed(simulator, name="spring_offer")["data"][0]

    assert get(simulator, template["id"]).json() == template


def test_another_account_is_code_100_subcode_33(simulator):
    error = error_of(get(simulator, "4711/message_templates"))

    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_the_list_wants_the_token(simulator):
    url = f"{simulator.url}/v25.0/{simulator.business_account_id}/message_templates"

    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url, params={"access_token": simulator.access_token}, timeout=5).status_code == 200
