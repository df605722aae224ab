"""A template message is refused for what Meta would refuse it for, with Meta's code and details."""

import pytest

from tests.simulator.sending import (
    ORDINARY_NUMBER,
    a_message,
    a_template,
    body,
    button,
    code_of,
    error_of,
    header,
    send,
    text,
)

SUFFIX = button("url", "0", text("asha-77"))
IMAGE = header({"type": "image", "image": {"id": "4490709327384033"}})
COUPON = button("copy_code", 0, {"type": "coupon_code", "coupon_code": "25OFF"})
PLACE = {"latitude": "19.07", "longitude": "72.87", "name": "Store", "address": "Mumbai"}

GOOD = [
    a_template("holiday_sale_template"),
    a_template("holiday_sale_template", button("quick_reply", "0", {"type": "payload", "payload": "OPTOUT"})),
    a_template("spring_offer", body("Asha", "20%"), SUFFIX),
    a_template("spring_offer", body("Asha", "20%"), button("URL", 0, text("a"))),
    a_template("diwali_greeting", body(city="Pune", first_name="Asha")),
    a_template("new_collection", IMAGE, body("Asha")),
    a_template(
        "new_collection", header({"type": "image", "image": {"link": "https://e.test/a.jpg"}}), body("A")
    ),
    a_template("coupon_code", header(text("Asha")), body("25%"), COUPON),
    a_template("store_opening", header({"type": "location", "location": PLACE}), body("Asha")),
    a_template("order_update", body("Asha", "A-1", "Monday")),
    a_template(
        "spring_offer",
        {
            "type": "BODY",
            "parameters": [
                {"type": "date_time", "date_time": {"fallback_value": "25 Feb 2027"}},
                {
                    "type": "currency",
                    "currency": {"fallback_value": "$10.99", "code": "USD", "amount_1000": 10990},
                },
            ],
        },
        SUFFIX,
    ),
    a_template("loyalty_reward", body("Asha", "500"), language="hi"),
    a_template("loyalty_reward", body("Ana", "500"), language="pt_BR"),
]


@pytest.mark.parametrize("template", GOOD, ids=lambda template: template["name"])
def test_a_right_template_is_accepted(simulator, template):
    assert code_of(simulator, a_message(template=template)) is None


@pytest.mark.parametrize(
    ("name", "language", "status", "code"),
    [
        ("no_such_template", "en_US", 404, 132001),
        ("holiday_sale_template", "en", 404, 132001),
        ("loyalty_reward", "fr", 404, 132001),
        ("summer_preview", "en_US", 404, 132001),
        ("lottery_prize", "en_US", 404, 132001),
        ("clearance_sale", "en_US", 400, 132015),
        ("old_promotion", "en_US", 400, 132016),
    ],
)
def test_an_unknown_or_unapproved_template_is_refused(simulator, name, language, status, code):
    response = send(simulator, a_message(template=a_template(name, language=language)))

    assert (response.status_code, error_of(response)["code"]) == (status, code)
    if code == 132001:
        details = error_of(response)["error_data"]["details"]
        assert details == f"template name ({name}) does not exist in {language}"


def test_a_wrong_number_of_parameters_is_refused_in_metas_words(simulator):
    response = send(simulator, a_message(template=a_template("spring_offer", body("Asha"), SUFFIX)))

    error = error_of(response)
    assert response.status_code == 400
    assert error["message"] == "(#132000) Number of parameters does not match the expected number of params"
    assert error["error_data"] == {
        "messaging_product": "whatsapp",
        "details": "body: number of localizable_params (1) does not match the expected number of params (2)",
    }


def a_spring_offer(*texts):
    return a_template("spring_offer", {"type": "body", "parameters": [text(one) for one in texts]}, SUFFIX)


@pytest.mark.parametrize(
    ("template", "code", "details"),
    [
        (a_template("spring_offer"), 132000, "body: number of localizable_params (0)"),
        (a_spring_offer("a", "b", "c"), 132000, "body: number of localizable_params (3)"),
        (a_template("holiday_sale_template", body("Asha")), 132000, "body: number of localizable_params (1)"),
        (
            a_template("spring_offer", header(text("x")), body("a", "b"), SUFFIX),
            132000,
            "header: number of localizable_params (1) does not match the expected number of params (0)",
        ),
        (a_template("coupon_code", body("25%"), COUPON), 132000, "header: number of localizable_params (0)"),
        (
            a_template("spring_offer", body("a", "b")),
            131008,
            "Button at index 0 of type Url requires a param",
        ),
        (
            a_template("coupon_code", header(text("A")), body("1")),
            131008,
            "of type CopyCode requires a param",
        ),
        (
            a_template("order_update", body("a", "b", "c"), button("url", "0", text("x"))),
            100,
            "buttons: Button at index 0 is of type Call and does not support parameters",
        ),
        (
            a_template("new_collection", IMAGE, body("a"), button("url", "0", text("x"))),
            100,
            "buttons: Button at index 0 is of type Url and does not support parameters",
        ),
        (
            a_template("spring_offer", body("a", "b"), SUFFIX, button("url", "7", text("x"))),
            132018,
            "index 7",
        ),
        (a_template("spring_offer", body("a", "b"), SUFFIX, SUFFIX), 100, "index 0 is given twice"),
        (
            a_template("spring_offer", body("a", "b"), button("url", None, text("x"))),
            131008,
            "needs the index",
        ),
        (
            a_template("spring_offer", body("a", "b"), button("url", 0, {"type": "payload", "payload": "x"})),
            132012,
            "expected TEXT, received PAYLOAD",
        ),
        (
            a_template("coupon_code", header(text("A")), body("1"), button("copy_code", 0, text("25OFF"))),
            132012,
            "expected COUPON_CODE, received TEXT",
        ),
        (
            a_template("new_collection", body("a")),
            132012,
            "header: Format mismatch, expected IMAGE, received UNKNOWN",
        ),
        (
            a_template("new_collection", header({"type": "video", "video": {"id": "1"}}), body("a")),
            132012,
            "header: Format mismatch, expected IMAGE, received VIDEO",
        ),
        (
            a_template("new_collection", header({"type": "image", "image": {}}), body("a")),
            100,
            "one of id and link",
        ),
        (
            a_template(
                "new_collection",
                header({"type": "image", "image": {"id": "1", "link": "https://e.test"}}),
                body("a"),
            ),
            100,
            "one of id and link",
        ),
        (
            a_template("new_collection", header({"type": "image", "image": {"link": "a.jpg"}}), body("a")),
            131009,
            "not a valid URL",
        ),
        (
            a_template("store_opening", header({"type": "location", "location": {}}), body("a")),
            131008,
            "latitude",
        ),
        (
            a_template(
                "spring_offer", {"type": "body", "parameters": [text("a"), IMAGE["parameters"][0]]}, SUFFIX
            ),
            132012,
            "body: Format mismatch, expected TEXT, received IMAGE",
        ),
        (
            a_template(
                "spring_offer",
                {
                    "type": "body",
                    "parameters": [text("a"), {"type": "currency", "currency": {"code": "USD"}}],
                },
                SUFFIX,
            ),
            132012,
            "currency needs",
        ),
        (a_template("diwali_greeting", body("Asha", "Pune")), 100, "Parameter name is missing or empty"),
        (a_template("diwali_greeting", body(first_name="A", town="P")), 132012, "(town) does not match"),
        (a_template("diwali_greeting", body(first_name="Asha")), 132000, "expected number of params (2)"),
        (a_template("loyalty_reward", body(name="A", points="5")), 132012, "format is positional"),
        (a_spring_offer("", "20%"), 131008, "Parameter of type text is missing text value"),
        (a_spring_offer("  ", "20%"), 131008, "Parameter of type text is missing text value"),
        (a_spring_offer(7, "20%"), 100, "must be a string"),
        (a_spring_offer("x" * 1100, "20%"), 132005, "body: text is longer than 1024"),
        (
            a_template("coupon_code", header(text("A" * 70)), body("1"), COUPON),
            132005,
            "header: text is longer than 60",
        ),
        (
            a_template(
                "coupon_code",
                header(text("A")),
                body("1"),
                button("copy_code", 0, {"type": "coupon_code", "coupon_code": "X" * 16}),
            ),
            131009,
            "coupon_code",
        ),
        (
            a_template("holiday_sale_template", {"type": "carousel", "cards": [{"card_index": 0}]}),
            132012,
            "carousel: the template has no such component",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused_with_code_and_details(simulator, template, code, details):
    response = send(simulator, a_message(template=template))

    assert response.status_code == 400
    assert error_of(response)["code"] == code
    assert details in error_of(response)["error_data"]["details"]
    assert simulator.counts()["accepted"] == 0


@pytest.mark.parametrize("value", ["two\nlines", "a\ttab", "five     spaces", "carriage\rreturn"])
def test_newlines_tabs_and_five_spaces_in_a_parameter_are_code_132018(simulator, value):
    response = send(simulator, a_message(template=a_spring_offer(value, "20%")))

    assert error_of(response)["code"] == 132018
    assert error_of(response)["error_data"]["details"] == (
        "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
    )


def test_four_spaces_emoji_and_braces_are_fine(simulator):
    assert code_of(simulator, a_message(template=a_spring_offer("four    spaces 🎉", "{{7*7}}"))) is None


@pytest.mark.parametrize(
    ("component", "sentence"),
    [
        ({"type": "foot"}, "template['components'][0]['type'] must be one of {HEADER, BODY, BUTTON"),
        (
            button("phone_number", "0", text("1")),
            "['sub_type'] must be one of {BOOKING_CONFIRMATION, CATALOG",
        ),
        ({"type": "body", "params": []}, 'Unexpected key "params" on param "template[\'components\'][0]"'),
        ({"type": "body", "parameters": {"type": "text"}}, "['parameters'] must be an array"),
        ({"type": "body", "parameters": ["Asha"]}, "['parameters'][0] must be a JSON object"),
        (
            {"type": "body", "parameters": [{"type": "words", "text": "a"}]},
            "['parameters'][0]['type'] must be",
        ),
        ({"type": "body", "parameters": [{"type": "text", "text": "a", "x": 1}]}, 'Unexpected key "x"'),
        ("body", "template['components'][0] must be a JSON object"),
    ],
)
def test_a_misshapen_component_is_code_100_and_names_the_place(simulator, component, sentence):
    response = send(simulator, a_message(ORDINARY_NUMBER, template=a_template("spring_offer", component)))

    assert error_of(response)["code"] == 100
    assert sentence in error_of(response)["message"]


def test_a_text_parameter_without_text_is_code_100(simulator):
    response = send(simulator, a_message(template=a_template("loyalty_reward", header({"type": "text"}))))

    assert error_of(response)["code"] == 100
    assert error_of(response)["error_data"]["details"] == (
        "Parameter 'text' is mandatory for component parameter type 'text'"
    )
