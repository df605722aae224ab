"""Whatever a program sends, it is never our fault: no 5xx, and every refusal has its shape."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.web.api.openapi import PREFIX, operations_of
from tests.engine import customers

ODD_TEXTS = st.sampled_from(
    ["", " ", "\0", "\ud800", "‮", "+919876543210", "gold", "{{name}}", "{{", "9" * 400, "2030-01-01T00:00:00",
     "9999-12-31T23:59:59-14:00", "nan", "-1", "%00", "'; --", "=1+1", "Asia/Kolkata", "UTC", "../x", "header", "body", "mon"]
)  # fmt: skip
NUMBERS = st.sampled_from([0, -1, 1, 2**31, 2**53, 2**63, 10**400, 0.5, -0.0, 1e308, 5e-324])
LEAVES = st.none() | st.booleans() | NUMBERS | ODD_TEXTS | st.text(max_size=8)
KEYS = st.sampled_from(["type", "parameters", "all", "not", "contains", "gte", "text", "body", "header", "buttons", "0", "\0"])
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | ODD_TEXTS, inner, max_size=3), max_leaves=8
)
FEW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
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


def body_of(model):
    """Bodies whose fields are the model's, each with anything in it; lists of rows get rows of anything."""
    fields = {}
    for name in model.model_fields:
        fields[name] = JSON
        if name in ("recipients", "customers"):
            row = st.fixed_dictionaries({"phone_number": ODD_TEXTS | JSON}, optional={"template_parameters": JSON, "tags": JSON})
            fields[name] = st.lists(row, max_size=3) | JSON
    usual = {"name": st.just("x"), "template_name": st.just("y"), "phone_number": st.just("+919876543210")}
    required = {name: usual.get(name, JSON) | JSON for name in fields if name in usual}
    return st.fixed_dictionaries(required, optional={name: fields[name] for name in fields if name not in required})


def test_no_body_is_our_fault(app, staff):
    customers(2)
    campaign_id = staff.campaign(target_audience={"all": True})["id"]
    calls = [call for call in targets(app, campaign_id, {"POST", "PUT", "PATCH"}) if not call[1].endswith("/cancel")]
    bodies = st.sampled_from(calls).flatmap(lambda call: st.tuples(st.just(call), body_of(call[2].body) | JSON))

    @FEW
    @given(bodies)
    def check(drawn):
        (method, path, _), body = drawn
        data = json.dumps(body).replace('"Infinity"', "1e999")
        answer = staff.ask(method, path, None, data=data, content_type="application/json")
        assert answer.status_code < 500, f"{method} {path} {body!r}: {answer.text}"

    check()
    assert staff.get("/campaigns?limit=500").json["items"]


def test_no_address_is_our_fault(app, staff):
    campaign_id = staff.campaign()["id"]
    calls = targets(app, campaign_id, {"GET", "DELETE"})
    names = st.sampled_from(["limit", "cursor", "status", "kind", "x"])

    @FEW
    @given(st.sampled_from(calls), st.dictionaries(names, ODD_TEXTS.filter(lambda text: text != "\ud800") | st.text(max_size=8), max_size=3))
    def check(call, query):
        method, path, _ = call
        answer = staff.ask(method, path, None, query_string=query)
        assert answer.status_code < 500, f"{method} {path} {query!r}: {answer.text}"

    check()


def test_no_cursor_is_our_fault(staff):
    @FEW
    @given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
    def check(raw):
        cursor = __import__("base64").urlsafe_b64encode(raw).decode().rstrip("=")
        for path in ("/campaigns", "/customers", "/opt-outs"):
            answer = staff.ask("GET", path, None, query_string={"cursor": cursor})
            assert answer.status_code in (200, 422), f"{path} {raw!r}: {answer.text}"

    check()
