"""What is stored of what people write about a customer."""

import pytest

from campaign_app.domain.customer_values import (
    clean_attribute,
    clean_customer,
    clean_language,
    clean_tags,
    clean_text,
    clean_tier,
    parse_consent,
)
from campaign_app.domain.errors import Invalid


def test_text_is_trimmed_and_keeps_its_capitals_accents_and_emoji():
    assert clean_text("  São\u00a0 Paulo \t") == "São Paulo"
    assert clean_text("Jose\u0301") == "José"
    assert clean_text("Asha 👩‍🍳\x07\u202e") == "Asha 👩‍🍳"
    assert clean_text("=HYPERLINK(1)") == "=HYPERLINK(1)"


def test_a_tier_is_the_same_in_any_case():
    assert clean_tier("GOLD ") == clean_tier("Gold") == "gold"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("pt-BR", "pt_BR"),
        ("PT_br", "pt_BR"),
        ("EN", "en"),
        ("zh-hant", "zh_Hant"),
        ("es-419", "es_419"),
        ("Hindi", "Hindi"),
    ],
)
def test_a_language_is_spelt_as_whatsapp_spells_it(written, stored):
    assert clean_language(written) == stored


def test_tags_are_split_trimmed_and_kept_once():
    assert clean_tags("vip|diwali; VIP ,,new customer") == ["vip", "diwali", "new customer"]
    assert clean_tags(["a,b", "c"]) == ["a", "b", "c"]
    assert clean_tags(None) == []


@pytest.mark.parametrize(
    "word", ["yes", "Y", "TRUE", "1", "1.0", "ja", "Sí", "oui", "हाँ", "opted in", True, 1]
)
def test_words_that_mean_yes(word):
    assert parse_consent(word) is True


@pytest.mark.parametrize("word", ["no", "N", "False", "0", "nein", "não", "unsubscribed", False, 0])
def test_words_that_mean_no(word):
    assert parse_consent(word) is False


@pytest.mark.parametrize("word", ["", " ", "n/a", "-", "unknown", None])
def test_words_that_mean_nothing_was_recorded(word):
    assert parse_consent(word) is None


def test_a_word_that_may_mean_no_is_not_taken_for_nothing():
    with pytest.raises(Invalid, match="neither yes nor no"):
        parse_consent("rather not")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (5.0, 5),
        (98.5, 98.5),
        (0.1 + 0.2, 0.3),
        (1e20, "1e+20"),
        (1e-7, "1e-07"),
        (2**60, str(2**60)),
        (True, True),
        (" ", None),
    ],
)
def test_attributes_are_stored_as_both_databases_spell_them(given, stored):
    cleaned = clean_attribute(given)
    assert (cleaned, type(cleaned)) == (stored, type(stored))


@pytest.mark.parametrize("given", [float("nan"), [1], {"a": 1}])
def test_other_attributes_are_refused(given):
    with pytest.raises(Invalid):
        clean_attribute(given)


def test_every_field_that_is_wrong_has_its_own_sentence():
    with pytest.raises(Invalid) as refusal:
        clean_customer({"phone_number": "N/A", "name": "x" * 201, "tags": [1, True], "points": 5}, "IN")
    assert set(refusal.value.fields) == {"phone_number", "name", "tags", "points"}
    assert "longer than 200" in refusal.value.fields["name"][0]


def test_only_the_given_keys_come_back_and_null_empties():
    assert clean_customer({"name": None, "location": " Pune "}, None) == {"name": None, "location": "Pune"}
