"""Phone numbers as real files have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.errors import Invalid
from campaign_app.domain.phone import mask_phone, parse_phone

INDIAN = "+919694022037"


@pytest.mark.parametrize(
    "written",
    [
        "+919694022037",
        "+91 96940 22037",
        "+91-969-402-2037",
        " (+91) 9694022037 ",
        "919694022037",
        "9694022037",
        "09694022037",
        "0919694022037",
        "00919694022037",
        "+9109694022037",
        "\u202a+91 9694022037\u202c",
        "+91\u00a096940\u00a022037",
        "＋９１９６９４０２２０３７",
        "+91 96940\u201322037",
        "+९१ ९६९४० २२०३७",
        "'+919694022037",
        "919694022037.0",
        "tel:+919694022037",
        "whatsapp:+919694022037",
        "96940.22037",
        "\ufeff9694022037\r\n",
    ],
)
def test_every_usual_spelling_is_the_same_number(written):
    assert parse_phone(written, "IN") == INDIAN


def test_numbers_of_other_countries_need_their_plus_or_zeros():
    assert parse_phone("+44 (0)20 7946 0958", "IN") == "+442079460958"
    assert parse_phone("0044 20 7946 0958", "IN") == "+442079460958"
    with pytest.raises(Invalid):
        parse_phone("442079460958", "IN")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "is empty"),
        (None, "is empty"),
        (" \u200b\u00a0", "is empty"),
        ("N/A", "is not a phone number"),
        ("-", "is not a phone number"),
        ("96940220a7", "letters"),
        ("+91 98765 43210 ext 5", "letters"),
        ("9.19876E+11", "9.19876E+11 is a number that a spreadsheet has rounded"),
        ("9,19876e+11", "rounded"),
        ("+919694022037/9694022038", "two phone numbers"),
        ("9694022037, 9694022038", "two phone numbers"),
        ("+919694022037 +919694022038", "two phone numbers"),
        ("9694022037\n9694022038", "two phone numbers"),
        ("96940+22037", "+ is not at the beginning"),
        ("9694022", "too short"),
        ("+91", "too short"),
        ("96940220379694022037", "too long"),
        ("+9196940220371", "no such phone number"),
        ("+999123456789", "country code that does not exist"),
        ("+11115550123", "no such phone number"),
        ("96940#22037", "do not belong there"),
    ],
)
def test_each_fault_has_a_sentence_of_its_own(written, sentence):
    with pytest.raises(Invalid, match=sentence.replace("+", r"\+").replace(".", r"\.")) as refusal:
        parse_phone(written, "IN")
    assert refusal.value.sentence.endswith(".")


def test_without_a_country_only_international_numbers_are_taken():
    assert parse_phone("+919694022037", None) == INDIAN
    assert parse_phone("00919694022037", None) == INDIAN
    with pytest.raises(Invalid, match="The country is not known"):
        parse_phone("9694022037", None)


def test_a_masked_number_cannot_be_dialled():
    assert mask_phone(INDIAN) == "+91•••••2037"
    assert mask_phone("+1234") == "•••••"


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40), st.sampled_from(["IN", "US", None]))
def test_whatever_is_written_gives_a_number_or_a_sentence(written, country):
    try:
        number = parse_phone(written, country)
    except Invalid as refusal:
        assert refusal.sentence
    else:
        assert parse_phone(number, None) == number


@given(st.sampled_from("6789"), st.text("0123456789", min_size=9, max_size=9), st.data())
def test_a_number_survives_any_spelling(first, rest, data):
    number = f"+91{first}{rest}"
    try:
        parse_phone(number, None)
    except Invalid:
        return
    signs = [number[:3], *number[3:]]
    filler = st.sampled_from(["", " ", "-", "\u00a0", "\u2011", "\u200e"])
    assert parse_phone("".join(sign + data.draw(filler) for sign in signs), None) == number
