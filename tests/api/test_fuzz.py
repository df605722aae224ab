"""Whatever a program sends, it is never our fault: no 5xx, and every refusal has its shape."""

import base64
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.web.api.openapi import PREFIX, operations_of
from tests.api.client import CAMPAIGN
from tests.engine import customers

ODD_TEXTS = st.sampled_from(
    ["", " ", "\0", "\ud800", "‮", "+919876543210", "gold", "{{name}}", "{{", "9" * 400, "2030-01-01T00:00:00",
     "9999-12-31T23:59:59-14:00", "nan", "-1", "%00", "'; --", "=1+1", "Asia/Kolkata", "UTC", "../x", "header", "body", "mon"]
)  # fmt: skip
NUMBERS = st.sampled_from([0, -1, 1, 2**31, 2**53, 2**63, 10**400, 0.5, -0.0, 1e308, 5e-324])
LEAVES = st.none() | st.booleans() | NUMBERS | ODD_TEXTS | st.text(max_size=8)
KEYS = st.sampled_from(
    ["type", "parameters", "all", "not", "contains", "gte", "text", "body", "header", "buttons", "0", "\0"]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | ODD_TEXTS, inner, max_size=3),
    max_leaves=8,
)
FEW = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def targets(app, campaign_id: str, methods: set[str]):
    """(method, path, operation) of every described call, with ids of things that exist."""
    values = {"campaign_id": campaign_id, "phone_number": "+919876543210"}
    found = []
    for rule, method, _, operation in operations_of(app):
        if method in methods:
            path = rule.build({name: values[name] for name in rule.arguments})[1].removeprefix(PREFIX)
            found.append((method, path, operation))
    return found


COMPONENTS = [{"type": "body", "parameters": [{"type": "text", "text": "{{name|friend}}"}]}]
WHOLE = {
    **CAMPAIGN,
    "template_components": COMPONENTS,
    "send_window": {"days": ["mon"], "start": "09:00", "end": "20:00"},
    "timezone": "UTC",
}
CUSTOMER = {"name": "Ana", "tags": ["vip"], "language": "en", "attributes": {"points": 12}, "opted_in": True}
NUMBER = {"phone_number": "+919876543210"}

# path -> a body that is taken
FINE = {
    "/campaigns": WHOLE,
    "/campaigns/{id}": WHOLE,
    "/campaigns/{id}/recipients": {"recipients": [{**NUMBER, "template_parameters": ["Ana", {"text": "a"}]}]},
    "/customers/+919876543210": CUSTOMER,
    "/customers/bulk": {"customers": [{**NUMBER, **CUSTOMER}]},
    "/opt-outs": {**NUMBER, "reason": "asked"},
}


@st.composite
def spoilt(draw, value):
    """`value` with one part of it, however deep, replaced by something odd."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(JSON)
    if isinstance(value, list):
        return [draw(spoilt(value[0])), *value[1:]]
    name = draw(st.sampled_from(sorted(value)))
    if draw(st.integers(0, 6)) == 0:
        return {**value, draw(KEYS | ODD_TEXTS): draw(JSON)}
    return {**value, name: draw(spoilt(value[name]))}


def test_no_body_is_our_fault(app, staff):
    customers(2)
    campaign_id = staff.campaign(target_audience={"all": True})["id"]
    calls = [
        (method, path, FINE.get(path.replace(campaign_id, "{id}"), {}))
        for method, path, _ in targets(app, campaign_id, {"POST", "PUT", "PATCH"})
        if not path.endswith(("/launch", "/cancel"))  # what is no draft takes no recipients
    ]
    assert sum(bool(fine) for _, _, fine in calls) == len(FINE)

    @FEW
    @given(st.sampled_from(calls).flatmap(lambda call: st.tuples(st.just(call), spoilt(call[2]) | JSON)))
    def check(drawn):
        (method, path, _), body = drawn
        answer = staff.ask(method, path, None, data=json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, f"{method} {path} {body!r}: {answer.text}"

    check()
    for call in ("/launch", "/pause", "/resume", "/cancel"):  # what was taken can be used
        assert staff.ask("POST", f"/campaigns/{campaign_id}{call}", None).status_code < 500


ODD = ["\0", "a\ud800", "9" * 400, 2**63, {"\0": [["x"]]}, None]


def with_every_part_replaced(value, odd):
    """`value` once for each of its parts, that part being `odd`."""
    yield odd
    if isinstance(value, dict):
        for name in value:
            for inner in with_every_part_replaced(value[name], odd):
                yield {**value, name: inner}
    elif isinstance(value, list):
        for inner in with_every_part_replaced(value[0], odd):
            yield [inner, *value[1:]]


def test_an_odd_value_in_any_place_is_taken_or_told(app, staff):
    campaign_id = staff.campaign()["id"]
    for method, path, _ in targets(app, campaign_id, {"POST", "PUT", "PATCH"}):
        fine = FINE.get(path.replace(campaign_id, "{id}"))
        if fine is None:
            continue
        staff.ask(method, path, None, json=fine)
        for odd in ODD:
            for body in with_every_part_replaced(fine, odd):
                answer = staff.ask(method, path, None, data=json.dumps(body), content_type="application/json")
                assert answer.status_code in (200, 201, 422), f"{method} {path} {body!r}: {answer.text}"


def test_no_address_is_our_fault(app, staff):
    campaign_id = staff.campaign()["id"]
    calls = targets(app, campaign_id, {"GET", "DELETE"})
    names = st.sampled_from(["limit", "cursor", "status", "kind", "x"])

    @FEW
    @given(
        st.sampled_from(calls),
        st.dictionaries(
            names, ODD_TEXTS.filter(lambda text: text != "\ud800") | st.text(max_size=8), max_size=3
        ),
    )
    def check(call, query):
        method, path, _ = call
        answer = staff.ask(method, path, None, query_string=query)
        assert answer.status_code < 500, f"{method} {path} {query!r}: {answer.text}"

    check()


def test_no_cursor_is_our_fault(staff):
    campaign = f"/campaigns/{staff.campaign()['id']}"
    places = st.lists(ODD_TEXTS | st.text("0123456789٣", min_size=1, max_size=25), max_size=2)

    @FEW
    @given(st.binary(max_size=40) | (places | JSON).map(lambda value: json.dumps(value).encode()))
    def check(raw):
        cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        for path in (
            "/campaigns",
            "/customers",
            "/opt-outs",
            f"{campaign}/recipients",
            f"{campaign}/failures",
        ):
            answer = staff.ask("GET", path, None, query_string={"cursor": cursor})
            assert answer.status_code in (200, 422), f"{path} {raw!r}: {answer.text}"

    check()
