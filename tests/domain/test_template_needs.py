"""What a message template needs, and each way in which a send can fall short of it."""

import pytest

from campaign_app.domain.template_needs import (
    ButtonNeed,
    TemplateNeeds,
    shortcomings,
    template_needs,
    variables,
)

BODY = TemplateNeeds(body_names=["1", "2"])
NAMED = TemplateNeeds(named=True, header_format="TEXT", header_names=["sale"], body_names=["first_name"])
IMAGE = TemplateNeeds(header_format="IMAGE")
PLACE = TemplateNeeds(header_format="LOCATION")
BUTTONS = TemplateNeeds(buttons=[ButtonNeed(0, "url", "Look"), ButtonNeed(2, "copy_code", "Copy")])


def text(value, **more) -> dict:
    return {"type": "text", "text": value, **more}


def body(*values) -> list[dict]:
    return [{"type": "body", "parameters": list(values)}]


def header(parameter: dict) -> list[dict]:
    return [{"type": "header", "parameters": [parameter]}]


def button(index, sub_type: str, *parameters) -> dict:
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": list(parameters)}


def test_the_needs_are_read_out_of_whatsapps_list():
    needs = template_needs(
        [
            {"type": "HEADER", "format": "TEXT", "text": "Sale {{1}}"},
            {"type": "BODY", "text": "Hi {{2}}, from {{1}} and {{1}}"},
            {"type": "FOOTER", "text": "{{3}} is no variable here"},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Stop"},
                    {"type": "URL", "text": "Fixed", "url": "https://example.com"},
                    {"type": "URL", "text": "Yours", "url": "https://example.com/{{1}}"},
                    {"type": "COPY_CODE", "text": "Copy"},
                ],
            },
        ]
    )
    assert needs == TemplateNeeds(
        False, "TEXT", ["1"], ["1", "2"], [ButtonNeed(2, "url", "Yours"), ButtonNeed(3, "copy_code", "Copy")]
    )
    assert needs != TemplateNeeds()


@pytest.mark.parametrize(
    "components",
    [
        [],
        [{"type": "BODY"}],
        [{"type": "BODY", "text": None}],
        [{"type": "HEADER", "format": "TEXT", "text": "Sale"}, {}],
    ],
)
def test_a_message_template_without_variables_needs_nothing(components):
    assert template_needs(components) == TemplateNeeds()


@pytest.mark.parametrize("format_", ["IMAGE", "VIDEO", "DOCUMENT", "LOCATION"])
def test_a_header_that_is_no_text_always_needs_its_parameter(format_):
    assert template_needs([{"type": "header", "format": format_.lower()}]).header_format == format_


def test_ten_variables_stand_in_the_order_of_their_numbers():
    assert variables(" ".join(f"{{{{{number}}}}}" for number in (10, 2, 1))) == ["1", "2", "10"]


IMAGE_LINK = {"type": "image", "image": {"link": "https://example.com/a.png"}}
LOOK, COPY = (
    button("0", "url", text("ana-77")),
    button(2, "copy_code", {"type": "coupon_code", "coupon_code": "25OFF"}),
)


@pytest.mark.parametrize(
    ("needs", "components"),
    [
        (TemplateNeeds(), None),
        (TemplateNeeds(), []),
        (BODY, body(text("a"), text("b"))),
        (BODY, body({"type": "CURRENCY", "currency": {"fallback_value": "1 €", "code": "EUR", "amount_1000": 1000}}, text("b"))),
        (BODY, body({"type": "date_time", "date_time": {"fallback_value": "today"}}, text("{{name}}"))),
        (NAMED, body(text("Ana", parameter_name="first_name")) + header(text("50 %", parameter_name="sale"))),
        (IMAGE, header(IMAGE_LINK)),
        (IMAGE, header({"type": "image", "image": {"id": "12345"}})),
        (PLACE, header({"type": "location", "location": {"latitude": "1", "longitude": "2"}})),
        (BUTTONS, [LOOK, COPY]),
        (BUTTONS, [LOOK, COPY, button(1, "quick_reply", {"type": "payload", "payload": "STOP"})]),
    ],
)  # fmt: skip
def test_what_fits_has_no_shortcoming(needs, components):
    assert shortcomings(needs, components) == []


@pytest.mark.parametrize(
    ("needs", "components", "word"),
    [
        (BODY, [], "2 values"),
        (BODY, body(text("a")), "2 values"),
        (BODY, body(text("a"), text("b"), text("c")), "3 values"),
        (BODY, body(text("a"), text("b", parameter_name="x")), "numbered"),
        (BODY, body(text("a"), text(" ")), "empty"),
        (BODY, body(text("a"), {"type": "text"}), "empty"),
        (BODY, body(text("a"), text(5)), "empty"),
        (BODY, body(text("a"), text("two\nlines")), "new line"),
        (BODY, body(text("a"), text("five     spaces")), "spaces"),
        (BODY, body(text("a"), {"foo": 1}), "type text"),
        (BODY, body(text("a"), IMAGE_LINK), "image"),
        (BODY, body(text("a"), {"type": "currency", "currency": {}}), "empty"),
        (BODY, body(text("a"), {"type": "currency", "currency": "1 €"}), "empty"),
        (NAMED, header(text("50 %", parameter_name="sale")), "first_name"),
        (NAMED, header(text("50 %")) + body(text("Ana", parameter_name="first_name")), "names"),
        (NAMED, header(text("50 %", parameter_name="other")) + body(text("Ana", parameter_name="first_name")), "sale"),
        (NAMED, header(text("50 %", parameter_name="sale")) + body(text("Ana")), "names"),
        (NAMED, header(text("50 %", parameter_name="sale")) + body(*[text("Ana", parameter_name="first_name")] * 2), "two values"),
        (NAMED, header(text("50 %", parameter_name="sale")) + body(text("Ana", parameter_name=["x"])), "first_name"),
        (TemplateNeeds(), header(text("Sale")), "no variable in its header"),
        (IMAGE, [], "the image"),
        (IMAGE, header(text("https://example.com/a.png")), "type image"),
        (IMAGE, header({"type": "image"}), "link"),
        (IMAGE, header({"type": "image", "image": {"id": "1", "link": "https://x"}}), "either"),
        (IMAGE, header({"type": "image", "image": {"link": "ftp://x"}}), "https"),
        (PLACE, header({"type": "location", "location": {"name": "Here"}}), "latitude"),
        (BUTTONS, [COPY], "Look"),
        (BUTTONS, [LOOK, button(2, "copy_code")], "Copy"),
        (BUTTONS, [LOOK, button(2, "url", text("x"))], "copy_code"),
        (BUTTONS, [LOOK, button(2, "copy_code", {"type": "coupon_code", "coupon_code": "x" * 16})], "15"),
        (BUTTONS, [COPY, button(0, "url", {"type": "payload", "payload": "x"})], "Look"),
        (BUTTONS, [COPY, button(0, "url", text(""))], "Look"),
        (BUTTONS, [LOOK, COPY, button(5, "url", text("x"))], "number 5"),
    ],
)  # fmt: skip
def test_what_whatsapp_would_refuse_is_said_before(needs, components, word):
    problems = shortcomings(needs, components)
    assert word in " ".join(problems)
    assert all(problem.endswith(".") for problem in problems)
