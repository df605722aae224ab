"""References to the customer in a text: found, filled once, folded, and never evaluated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.template_text import (
    MissingValue,
    fields,
    fill,
    fill_all,
    references,
    required_fields,
)

ANA = {"name": "Ana", "location": "", "points": 12, "vip": True}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{name}}", "Hi Ana"),
        ("Hi {{ name }}", "Hi Ana"),
        ("{{name}}{{name}}", "AnaAna"),
        ("{{location|your town}}", "your town"),
        ("{{ location | your town }}", "your town"),
        ("{{name|friend}}", "Ana"),
        ("{{points}} points", "12 points"),
        ("no reference", "no reference"),
        ("{name} {{}} {{|x}} {{{", "{name} {{}} {{|x}} {{{"),
    ],
)
def test_a_text_is_filled_from_the_customer(text, filled):
    assert fill(text, ANA) == filled


@pytest.mark.parametrize("text", ["{{location}}", "{{nobody}}", "{{location|}}", "{{location|  }}"])
def test_an_empty_field_without_a_stand_in_is_missing(text):
    with pytest.raises(MissingValue):
        fill(text, ANA)


@pytest.mark.parametrize("blank", [None, "", " ", "\n", "\t \r\n", "\u00a0"])
def test_a_blank_value_is_an_empty_one(blank):
    assert fill("{{name|friend}}", {"name": blank}) == "friend"


def test_white_space_within_a_value_is_folded_as_whatsapp_wants_it():
    assert fill("{{name}}", {"name": " Ana\n\tMaria     Lopez "}) == "Ana Maria Lopez"


@pytest.mark.parametrize(
    "payload", ["{{name}}", "{{7*7}}", "{% if %}", "{0.__class__}", "%(name)s", "${name}", r"\1\g<0>"]
)
def test_what_a_customer_is_called_is_never_evaluated(payload):
    assert fill("Hi {{name}}!", {"name": payload}) == f"Hi {payload}!"


def test_references_are_found_in_every_corner():
    value = [{"parameters": [{"text": "{{a}} {{b|x}}"}, {"image": {"link": "https://x/{{c}}.png"}}]}, 7, None]
    assert [(one.field, one.fallback) for one in references(value)] == [("a", None), ("b", "x"), ("c", None)]


def test_a_field_is_required_when_it_lacks_a_stand_in_once():
    text = "{{name|friend}} {{name}} {{town|here}}"
    assert (required_fields(text), fields(text)) == (["name"], ["name", "town"])


def test_filling_leaves_the_original_alone():
    components = [{"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]}]
    filled = fill_all(components, ANA)
    assert filled[0]["parameters"][0]["text"] == "Ana"
    assert components[0]["parameters"][0]["text"] == "{{name}}"


names = st.text(st.characters(exclude_characters="{}|", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name.strip() == name
)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    names,
    st.text(min_size=1).filter(lambda value: bool(value.strip())),
)
def test_a_text_with_every_field_given_can_always_be_filled(text, name, value):
    whole = f"{text}{{{{{name}}}}}"
    values = {field: value for field in fields(whole)}
    filled = fill(whole, values)
    assert set(required_fields(whole)) <= set(fields(whole))
    assert " ".join(value.split()) in filled or not fields(whole)
