"""Recipients over the API: added by number, told when they cannot be used, listed by status."""

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.opt_outs import record_opt_out
from tests.engine import counters_are_true


def numbers(count: int) -> list[dict]:
    return [{"phone_number": f"+9198765{place:05}"} for place in range(count)]


@pytest.fixture
def path(staff):
    return f"/campaigns/{staff.campaign(target_audience=None)['id']}"


def test_each_number_is_added_once(staff, path):
    rows = [
        {"phone_number": "+91 98765 43210"},
        {"phone_number": "09876543210"},
        {"phone_number": "+919876543211"},
    ]
    assert staff.post(f"{path}/recipients", {"recipients": rows}).json == {
        "added": 2,
        "duplicates": 1,
        "invalid": [],
    }
    assert staff.post(f"{path}/recipients", {"recipients": rows}).json == {
        "added": 0,
        "duplicates": 3,
        "invalid": [],
    }
    assert staff.get(f"{path}/stats").json["total_target"] == 2
    assert counters_are_true()


def test_numbers_that_cannot_be_used_are_told_and_the_others_added(staff, path):
    rows = [
        {"phone_number": "+919876543210"},
        {"phone_number": "12"},
        {"phone_number": ""},
        {"phone_number": "+919876543211"},
    ]
    answer = staff.post(f"{path}/recipients", {"recipients": rows}).json
    assert answer["added"] == 2
    assert [(row["index"], row["phone_number"]) for row in answer["invalid"]] == [(1, "12"), (2, "")]
    assert all(row["reason"].endswith(".") for row in answer["invalid"])


def test_at_most_a_thousand_at_once(staff, path):
    assert staff.post(f"{path}/recipients", {"recipients": numbers(1000)}).json["added"] == 1000
    assert list(
        staff.post(f"{path}/recipients", {"recipients": numbers(1001)}, 422).json["error"]["fields"]
    ) == ["recipients"]


def test_a_row_of_another_shape_refuses_all(staff, path):
    for row in ({"phone": "+919876543210"}, {"phone_number": 919876543210}, "+919876543210", None):
        fields = staff.post(f"{path}/recipients", {"recipients": [*numbers(1), row]}, 422).json["error"][
            "fields"
        ]
        assert all(name.startswith("recipients.1") for name in fields), fields
    assert staff.get(f"{path}/recipients").json["items"] == []


def test_parameters_that_do_not_fit_the_message_template_refuse_all(staff, path):
    body = {"type": "BODY", "text": "Hi {{1}}, {{2}} awaits"}
    db.session.add(
        MessageTemplate(name="holiday_sale_template", language="en_US", status="APPROVED", components=[body])
    )
    rows = [
        {"phone_number": "+919876543210", "template_parameters": parameters}
        for parameters in (["Ana", "a gift"], ["Ana"])
    ]
    for wrong in (["Ana"], "Ana", {"body": 5}, [None, None], {"header": "x", "body": ["a", "b"]}):
        rows[1]["template_parameters"] = wrong
        error = staff.post(f"{path}/recipients", {"recipients": rows}, 422).json["error"]
        assert list(error["fields"]) == ["recipients.1.template_parameters"], error
    assert staff.get(f"{path}/recipients").json["items"] == []
    assert counters_are_true()

    assert staff.post(f"{path}/recipients", {"recipients": rows[:1]}).json["added"] == 1
    assert staff.get(f"{path}/recipients").json["items"][0]["template_parameters"] == ["Ana", "a gift"]


def test_opt_outs_hold_for_added_numbers_too(staff, path):
    record_opt_out("+919876500001", "word", None, "the tests", utc_now())
    staff.post(f"{path}/recipients", {"recipients": numbers(3)})
    staff.post(f"{path}/launch")
    skipped = staff.get(f"{path}/recipients?status=skipped").json["items"]
    assert [row["phone_number"] for row in skipped] == ["+919876500001"] and skipped[0]["skipped_reason"]
    pending = staff.get(f"{path}/recipients?status=pending").json["items"]
    assert [row["phone_number"] for row in pending] == ["+919876500000", "+919876500002"]


def test_after_the_launch_nobody_is_added(staff, path):
    staff.post(f"{path}/recipients", {"recipients": numbers(1)})
    staff.post(f"{path}/launch")
    assert (
        "frozen" in staff.post(f"{path}/recipients", {"recipients": numbers(2)}, 409).json["error"]["message"]
    )


def test_a_status_that_does_not_exist_is_refused(viewer, path):
    assert list(viewer.get(f"{path}/recipients?status=opened", 422).json["error"]["fields"]) == ["status"]
