"""The description of the API is true, whole and readable."""

import json
import re

from campaign_app.web.api.openapi import METHODS, PREFIX
from tests.page_checks import a_client


def test_every_route_is_described_and_nothing_else(app, stranger):
    document = stranger.get("/openapi.json").json
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(PREFIX)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and not rule.endpoint.startswith("api.docs.")
        for method in rule.methods & set(METHODS)
    }
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == routes and len(routes) >= 26


def test_the_document_is_openapi_and_every_reference_leads_somewhere(stranger):
    document = stranger.get("/openapi.json").json
    assert document["openapi"] == "3.1.0" and document["servers"] == [{"url": PREFIX}]
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert len(references) > 20
    for reference in references:
        place = document
        for part in reference.split("/"):
            place = place[part]
    ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


def test_the_description_says_what_the_contract_says(stranger):
    document = stranger.get("/openapi.json").json
    create = document["paths"]["/campaigns"]["post"]
    assert {"201", "400", "401", "403", "409", "413", "422"} <= create["responses"].keys()
    assert create["responses"]["201"]["headers"].keys() == {"Location"}
    assert [one["name"] for one in create["parameters"]] == ["Idempotency-Key"]
    body = document["components"]["schemas"]["NewCampaign"]
    assert body["required"] == ["name", "template_name"] and body["additionalProperties"] is False
    assert (
        body["properties"]["priority"] | {"minimum": 1, "maximum": 10, "default": 5}
        == body["properties"]["priority"]
    )
    limit = document["paths"]["/customers"]["get"]["parameters"][0]["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}


def test_the_page_shows_every_call(app, stranger):
    document = stranger.get("/openapi.json").json
    for role in (None, "viewer"):
        page = a_client(app, role).get(f"{PREFIX}/docs").text
        for methods in document["paths"].values():
            for operation in methods.values():
                assert f'id="{operation["operationId"]}"' in page
        assert "`" not in page
