"""The audience filter on real databases, compared with a plain reading of its rules in Python."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaign_app.domain.customer_values import clean_attribute, clean_tags, clean_text
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.audience import audience_condition
from tests.customers_made import a_customer, a_number


def found(target_audience) -> set[str]:
    return set(db.session.scalars(select(Customer.phone_number).where(audience_condition(target_audience))))


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
