"""The audience filter on real databases, compared with a plain reading of the rules in Python."""

import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaign_app.domain.customer_values import clean_attribute, clean_tags, clean_text
from campaign_app.domain.errors import Invalid
from campaign_app.domain.letter_case import fold
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.opt_out import OptOut
from campaign_app.services.audience import audience_condition, count_audience, field_choices
from tests.customers_made import NOW, a_customer, a_number


def found(target_audience) -> set[str]:
    return set(db.session.scalars(select(Customer.phone_number).where(audience_condition(target_audience))))


def test_all_keys_must_match_and_a_list_means_any_of(app):
    a_customer(1, customer_tier="gold", location="Mumbai")
    a_customer(2, customer_tier="platinum", location="Mumbai")
    a_customer(3, customer_tier="gold", location="Pune")
    a_customer(4, customer_tier="silver", location="Mumbai")
    audience = {"customer_tier": ["gold", "platinum"], "location": "Mumbai"}
    assert found(audience) == {a_number(1), a_number(2)}


def test_everybody_is_said_in_words_and_an_empty_filter_is_nobody(app):
    a_customer(1)
    assert found({"all": True}) == {a_number(1)}
    assert found({}) == set()
    assert found(None) == set()


def test_case_does_not_matter_also_beyond_english_letters(app):
    a_customer(1, location="São Paulo")
    a_customer(2, location="SÃO PAULO")
    a_customer(3, location="Sao Paulo")
    a_customer(4, location="САНКТ-ПЕТЕРБУРГ")
    assert found({"location": "são paulo"}) == {a_number(1), a_number(2)}
    assert found({"location": ["Санкт-Петербург", "sao PAULO"]}) == {a_number(3), a_number(4)}
    assert found({"location": {"contains": "ÃO p"}}) == {a_number(1), a_number(2)}


def test_tags_match_when_one_of_them_does(app):
    a_customer(1, tags=["vip", "Diwali"])
    a_customer(2, tags=["newsletter"])
    a_customer(3, tags=[])
    assert found({"tags": ["diwali", "other"]}) == {a_number(1)}
    assert found({"tags": {"not": "VIP"}}) == {a_number(2), a_number(3)}
    assert found({"tags": {"exists": False}}) == {a_number(3)}


def test_an_attribute_is_found_by_any_name_and_compared_as_text(app):
    a_customer(1, attributes={'São "x"': "Yes", "points": 120})
    a_customer(2, attributes={"points": "120", "vip": True})
    a_customer(3, attributes={"points": 98.5})
    assert found({'São "x"': "yes"}) == {a_number(1)}
    assert found({"points": 120}) == {a_number(1), a_number(2)}
    assert found({"points": "98.5"}) == {a_number(3)}
    assert found({"vip": True}) == {a_number(2)}
    assert found({"vip": {"exists": False}}) == {a_number(1), a_number(3)}


def test_numbers_and_days_are_compared_and_what_is_neither_never_matches(app):
    for place, points in enumerate(["1250", "98.5", "n/a", "1,250", 2000, "-5", "1e9"], 1):
        a_customer(place, attributes={"points": points})
    for place, day in enumerate(["2023-04-01", "2025-13-40", "1-Apr-23", "2026-01-31 10:00"], 11):
        a_customer(place, attributes={"joined": day})
    assert found({"points": {"gte": 98.5}}) == {a_number(1), a_number(2), a_number(5)}
    assert found({"points": {"gt": 98.5, "lte": 1999}}) == {a_number(1)}
    assert found({"points": {"lt": 0}}) == {a_number(6)}
    assert found({"joined": {"gte": "2020-01-01"}}) == {a_number(11), a_number(14)}
    assert found({"joined": {"lt": "2024-01-01"}}) == {a_number(11)}


def test_a_value_that_is_missing_counts_as_not_equal(app):
    a_customer(1, customer_tier="gold")
    a_customer(2)
    assert found({"customer_tier": {"not": "gold"}}) == {a_number(2)}
    assert found({"customer_tier": None}) == {a_number(2)}
    assert found({"customer_tier": ["gold", None]}) == {a_number(1), a_number(2)}


def test_consent_is_yes_no_or_never_recorded(app):
    a_customer(1, opted_in=True)
    a_customer(2, opted_in=False)
    a_customer(3)
    assert found({"opted_in": True}) == {a_number(1)}
    assert found({"opted_in": None}) == {a_number(3)}
    assert found({"opted_in": {"not": False}}) == {a_number(1), a_number(3)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_index_serves_the_question_for_a_place(app):
    question = select(Customer.id).where(audience_condition({"location": "Mumbai"}))
    sql = str(question.compile(db.engine, compile_kwargs={"literal_binds": True}))
    steps = db.session.execute(db.text(f"EXPLAIN QUERY PLAN {sql}")).all()
    assert "ix_customers_location_lower" in str(steps)


def test_the_count_says_who_is_reachable_and_who_is_not(app):
    a_customer(1, opted_in=True)
    a_customer(2, opted_in=False)
    a_customer(3)
    a_customer(4, opted_in=True)
    a_customer(5)
    for number, lifted in ((a_number(4), None), (a_number(5), None), (a_number(1), NOW)):
        opted_out_at = NOW - timedelta(days=1)
        db.session.add(OptOut(phone_number=number, kind="word", opted_out_at=opted_out_at, lifted_at=lifted))
    db.session.flush()
    counted = count_audience({"all": True}, require_opt_in=False)
    assert (counted.matching, counted.opted_out, counted.no_consent, counted.reachable) == (5, 3, 0, 2)
    counted = count_audience({"all": True}, require_opt_in=True)
    assert (counted.matching, counted.opted_out, counted.no_consent, counted.reachable) == (5, 3, 1, 1)
    assert count_audience({}, False).matching == 0


# ---- a plain reading of the rules, written without looking at the SQL ----

LETTERS = st.sampled_from("aAbBkKiI sSßıİãÃéÉžŽдДσςΣǆǅǄ🎉09.-*?[]%_'\"\\")
WORDS = st.text(LETTERS, max_size=5).map(clean_text)
NUMBERS = st.one_of(
    st.integers(-1000, 1000), st.floats(-1e4, 1e4, allow_nan=False).map(lambda x: round(x, 3))
)
DAYS = st.sampled_from(["2023-04-01", "2023-4-1", "2025-13-40", "2026-01-31T10:00", "20230401", "2024-02-29"])
SCALARS = st.one_of(
    WORDS, NUMBERS, st.booleans(), DAYS, NUMBERS.map(str), st.sampled_from(["1,250", "n/a", "1e3"])
)
ATTRIBUTE = st.sampled_from(["points", "Größe", "a.b"])
TEXT_KEYS = ("name", "customer_tier", "location")


@st.composite
def customers(draw):
    attributes = {name: clean_attribute(draw(SCALARS)) for name in draw(st.sets(ATTRIBUTE))}
    return {
        **{key: draw(WORDS) or None for key in TEXT_KEYS},
        "tags": clean_tags(draw(st.lists(WORDS, max_size=3))),
        "opted_in": draw(st.sampled_from([True, False, None])),
        "attributes": {name: value for name, value in attributes.items() if value is not None},
    }


@st.composite
def audiences(draw):
    audience = {}
    for key in draw(
        st.sets(st.one_of(st.sampled_from([*TEXT_KEYS, "tags", "opted_in"]), ATTRIBUTE), max_size=2)
    ):
        audience[key] = draw(questions(key))
    return audience


@st.composite
def questions(draw, key):
    if key == "opted_in":
        value = draw(st.sampled_from([True, False, None, [True, None]]))
        return draw(st.sampled_from([value, {"not": value}, {"exists": True}, {"exists": False}]))
    words = WORDS.filter(bool)
    item = st.one_of(
        words, st.none(), *([] if key in (*TEXT_KEYS, "tags") else [SCALARS.filter(lambda x: x != "")])
    )
    values = draw(st.one_of(item, st.lists(item, min_size=1, max_size=3)))
    asked = draw(st.sampled_from(["plain", "not", "exists", "contains", "bounds"]))
    if asked == "plain":
        return values
    if asked == "exists":
        return {"exists": draw(st.booleans())}
    if asked == "contains":
        return {"contains": draw(words)}
    if asked == "bounds" and key not in (*TEXT_KEYS, "tags"):
        bound = draw(st.one_of(NUMBERS, st.sampled_from(["2023-04-01", "2026-01-31"])))
        return {draw(st.sampled_from(["gt", "gte", "lt", "lte"])): bound}
    return {"not": values}


def small(text):
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)


def as_text(value):
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def means(audience, customer) -> bool:
    return bool(audience) and all(answers(key, question, customer) for key, question in audience.items())


def answers(key, question, customer) -> bool:
    if key == "opted_in":
        return consent_answers(question, customer["opted_in"])
    texts = (
        customer["tags"] if key == "tags" else [as_text(customer.get(key, customer["attributes"].get(key)))]
    )
    texts = [small(text) for text in texts if text is not None]
    if not isinstance(question, dict):
        return one_of(question, texts)
    ((operator, operand),) = question.items()
    if operator == "not":
        return not one_of(operand, texts)
    if operator == "exists":
        return bool(texts) == operand
    if operator == "contains":
        return any(small(operand) in text for text in texts)
    return any(compared(operator, text, operand) for text in texts)


def consent_answers(question, value) -> bool:
    if not isinstance(question, dict):
        return value in (question if isinstance(question, list) else [question])
    ((operator, operand),) = question.items()
    if operator == "exists":
        return (value is not None) == operand
    return value not in (operand if isinstance(operand, list) else [operand])


def one_of(values, texts) -> bool:
    values = values if isinstance(values, list) else [values]
    wanted = [small(as_text(clean_attribute(value))) for value in values if value is not None]
    return any(text in wanted for text in texts) or (None in values and not texts)


def compared(operator, text, bound) -> bool:
    if isinstance(bound, str):
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])([t ].*)?", text):
            return False
        value = text[:10]
    else:
        if not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
            return False
        value = float(text)
    return {"gt": value > bound, "gte": value >= bound, "lt": value < bound, "lte": value <= bound}[operator]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(customers(), min_size=1, max_size=6), audience=audiences())
def test_the_database_finds_whom_a_plain_reading_finds(app, people, audience):
    try:
        for place, values in enumerate(people):
            a_customer(place, **values)
        expected = {a_number(place) for place, values in enumerate(people) if means(audience, values)}
        assert found(audience) == expected
    finally:
        db.session.rollback()


def test_a_filter_that_cannot_be_read_is_refused(app):
    with pytest.raises(
        Invalid, match="customer_tier: the operator “like” is not known here; known are not, exists"
    ):
        audience_condition({"customer_tier": {"like": "gold"}})


def test_the_choices_bring_spellings_together_and_count_them(app):
    a_customer(
        1, location="São Paulo", customer_tier="gold", tags=["vip", "Diwali"], attributes={"Points": 1}
    )
    a_customer(2, location="SÃO PAULO", customer_tier="gold", tags=["VIP"], attributes={"Größe": "XL"})
    a_customer(3, location="mumbai", customer_tier="silver", language="pt_BR")
    a_customer(4, location="Mumbai")
    a_customer(5, location="Mumbai")
    choices = field_choices()
    assert [(choice.value, choice.customers) for choice in choices.tiers] == [("gold", 2), ("silver", 1)]
    assert [(fold(choice.value), choice.customers) for choice in choices.locations] == [
        ("mumbai", 3),
        ("são paulo", 2),
    ]
    assert [(choice.value, choice.customers) for choice in choices.languages] == [("pt_BR", 1)]
    assert [(fold(choice.value), choice.customers) for choice in choices.tags] == [("vip", 2), ("diwali", 1)]
    assert choices.attributes == ["Größe", "Points"]
