"""What staff type for a message, and Meta's components for it: there and back."""

import pytest

from campaign_app.domain.message_preview import message_preview
from campaign_app.domain.message_values import components_of, value_fields, values_of
from campaign_app.domain.template_needs import shortcomings, template_needs


def header(format_, **more):
    return {"type": "HEADER", "format": format_, **more}


TEMPLATES = {
    "nothing": ([{"type": "BODY", "text": "Hello."}], "POSITIONAL", {}),
    "positional": ([{"type": "BODY", "text": "Hi {{1}}, {{2}} off"}], "POSITIONAL", {"body-1": "{{name}}", "body-2": "20%"}),
    "named": ([{"type": "BODY", "text": "Hi {{first_name}}"}], "NAMED", {"body-first_name": "{{name|friend}}"}),
    "text header": ([header("TEXT", text="For {{1}}"), {"type": "BODY", "text": "x"}], "POSITIONAL", {"header": "you"}),
    "named header": ([header("TEXT", text="For {{who}}")], "NAMED", {"header": "you"}),
    "picture by address": ([header("IMAGE")], "POSITIONAL", {"header": "https://shop.example.com/a.jpg"}),
    "picture by id": ([header("IMAGE")], "POSITIONAL", {"header": "123456789"}),
    "document": ([header("DOCUMENT")], "POSITIONAL", {"header": "https://shop.example.com/a.pdf", "header-filename": "Menu.pdf"}),
    "location": (
        [header("LOCATION")], "POSITIONAL",
        {"location-latitude": "19.07", "location-longitude": "72.87", "location-name": "Shop", "location-address": "Main street"},
    ),
    "buttons": (
        [{"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Stop"},
            {"type": "URL", "text": "Shop", "url": "https://shop.example.com/{{1}}"},
            {"type": "COPY_CODE", "text": "Copy"},
        ]}], "POSITIONAL", {"button-1": "summer", "button-2": "25OFF"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_typed_values_fit_the_template_and_come_back_as_typed(name):
    components, parameter_format, values = TEMPLATES[name]
    needs = template_needs(components, parameter_format)
    assert [field.key for field in value_fields(needs)] == list(values)
    built = components_of(needs, values)
    assert shortcomings(needs, built) == []
    assert values_of(needs, built) == values


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "nothing"])
def test_a_value_left_empty_is_missed(name):
    components, parameter_format, values = TEMPLATES[name]
    needs = template_needs(components, parameter_format)
    assert shortcomings(needs, components_of(needs, dict.fromkeys(values, "  ")))


def test_line_breaks_and_tabs_never_reach_a_parameter():
    needs = template_needs([{"type": "BODY", "text": "Hi {{1}}"}])
    assert (
        components_of(needs, {"body-1": " Ana\n\tMaria    Sol "})[0]["parameters"][0]["text"]
        == "Ana Maria Sol"
    )


def test_values_of_foreign_components_never_fail():
    needs = template_needs([header("IMAGE"), {"type": "BODY", "text": "Hi {{1}}"}])
    odd = [
        {"type": "header", "parameters": [{"type": "image", "image": None}]},
        {"type": "body", "parameters": ["text", {}, {"text": None}]},
        {},
    ]
    assert values_of(needs, odd)["header"] == ""


def test_the_preview_shows_typed_values_customer_fields_and_what_is_open():
    components = [
        header("TEXT", text="For {{1}}"),
        {"type": "BODY", "text": "Hi {{1}}, take {{2}} off\ntoday"},
        {"type": "FOOTER", "text": "bye"},
    ]
    preview = message_preview(components, {"header": "you", "body-1": "dear {{name|friend}}"})
    assert [(piece.text, piece.kind) for piece in preview.header] == [("For ", "text"), ("you", "value")]
    assert [(piece.text, piece.kind) for piece in preview.body] == [
        ("Hi ", "text"), ("dear ", "value"), ("name", "person"), (", take ", "text"), ("{{2}}", "open"), (" off\ntoday", "text"),
    ]  # fmt: skip
    assert preview.footer == "bye"
