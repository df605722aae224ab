"""The audience filter on real databases: who is found, how many can be reached, and what there is to choose."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.domain.errors import Invalid
from campaign_app.domain.letter_case import fold
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.opt_out import OptOut
from campaign_app.services.audience import audience_condition, count_audience
from campaign_app.services.audience_choices import audience_choices
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


def test_a_filter_that_cannot_be_read_is_refused(app):
    with pytest.raises(
        Invalid, match="customer_tier: the operator “like” is not known here; known are not, exists"
    ):
        audience_condition({"customer_tier": {"like": "gold"}})


def test_the_choices_bring_spellings_together_in_the_commonest(app):
    a_customer(
        1, location="São Paulo", customer_tier="gold", tags=["vip", "Diwali"], attributes={"Points": 1}
    )
    a_customer(2, location="SÃO PAULO", customer_tier="gold", tags=["VIP"], attributes={"Größe": "XL"})
    a_customer(3, location="mumbai", customer_tier="silver", language="pt_BR")
    a_customer(4, location="Mumbai")
    a_customer(5, location="Mumbai")
    choices = audience_choices()
    assert choices.customer_tier == ["gold", "silver"]
    assert [fold(place) for place in choices.location] == ["mumbai", "são paulo"]
    assert choices.location[0] == "Mumbai"
    assert choices.language == ["pt_BR"]
    assert [fold(tag) for tag in choices.tags] == ["diwali", "vip"]
    assert choices.complete
