"""The components of one recipient's message: the campaign's, filled; the recipient's own, as given, instead."""

import pytest

from campaign_app.domain.errors import Invalid
from campaign_app.domain.message_components import components_for, own_components
from campaign_app.domain.template_needs import ButtonNeed, TemplateNeeds, shortcomings
from campaign_app.domain.template_text import MissingValue

POSITIONAL = TemplateNeeds(
    header_format="TEXT", header_names=["1"], body_names=["1", "2"], buttons=[ButtonNeed(0, "url", "Look")]
)
NAMED = TemplateNeeds(named=True, header_format="TEXT", header_names=["sale"], body_names=["first_name"])
COPY = TemplateNeeds(buttons=[ButtonNeed(1, "copy_code", "Copy")])
BODY = {"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]}
HEADER = {"type": "HEADER", "parameters": [{"type": "text", "text": "Sale"}]}
BUTTON = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "all"}]}


def texts(component: dict) -> list:
    return [parameter.get("text") or parameter.get("coupon_code") for parameter in component["parameters"]]


def test_the_campaigns_texts_are_filled_from_the_customer():
    (body,) = components_for([BODY], None, {"name": "Ana"}, None)
    assert texts(body) == ["Ana"]
    with pytest.raises(MissingValue):
        components_for([BODY], None, {}, None)


def test_what_the_recipient_brings_wins_place_by_place():
    own = {"body": ["Bo", 5], "buttons": {"0": "bo-5"}}
    header, body, button = components_for([HEADER, BODY, BUTTON], own, {}, POSITIONAL)
    assert (texts(header), texts(body), texts(button)) == (["Sale"], ["Bo", "5"], ["bo-5"])


def test_what_the_recipient_brings_is_sent_as_it_is():
    (body,) = components_for(None, ["{{7*7}}", "{{name}}"], {"name": "Ana"}, None)
    assert texts(body) == ["{{7*7}}", "{{name}}"]


@pytest.mark.parametrize("nothing", [None, {}, []])
def test_nothing_of_ones_own_leaves_the_campaigns(nothing):
    assert components_for([BODY], nothing, {"name": "Ana"}, POSITIONAL)[0]["type"] == "body"
    assert own_components(nothing, POSITIONAL) == []


def test_names_are_the_values_of_a_named_body():
    (body,) = own_components({"first_name": "Bo"}, NAMED)
    assert body["parameters"] == [{"type": "text", "parameter_name": "first_name", "text": "Bo"}]


def test_a_body_variable_may_be_called_header():
    needs = TemplateNeeds(named=True, body_names=["header"])
    (body,) = own_components({"header": "Bo"}, needs)
    assert body["type"] == "body"


@pytest.mark.parametrize("header", ["50 %", ["50 %"], {"sale": "50 %"}])
def test_a_header_of_a_named_message_template_gets_its_name(header):
    components = own_components({"header": header, "body": {"first_name": "Bo"}}, NAMED)
    assert shortcomings(NAMED, components) == []


def test_a_coupon_goes_into_a_coupon_button():
    (button,) = own_components({"buttons": {"1": "25OFF"}}, COPY)
    assert (button["sub_type"], button["parameters"]) == (
        "copy_code",
        [{"type": "coupon_code", "coupon_code": "25OFF"}],
    )
    assert shortcomings(COPY, [button]) == []


@pytest.mark.parametrize(
    "parameters",
    [
        "Bo", 5, True, [None], [[]], [""], [" "], [True], {"body": "Bo"}, {"body": 5}, {"buttons": ["x"]}, {"buttons": {"0": None}},
        {"buttons": {"0": ["x"]}}, {"header": {"a": 1, "b": 2}}, {"header": [1, 2]}, {"header": True}, {"first_name": None},
    ],
)  # fmt: skip
def test_what_has_no_known_shape_is_refused_in_a_sentence(parameters):
    with pytest.raises(Invalid) as refusal:
        own_components(parameters, POSITIONAL)
    assert refusal.value.fields["template_parameters"][0].startswith("The template parameters ")
