"""What a filter may ask, and the sentence for what it may not."""

import pytest

from campaign_app.domain.audience_filter import AudienceFilter, parse_audience
from campaign_app.domain.errors import Invalid


def test_no_filter_is_nobody_and_everybody_is_said_in_words():
    assert parse_audience(None) == parse_audience({}) == AudienceFilter()
    assert parse_audience({"all": True}).everybody


def test_the_filter_of_the_documentation_is_read():
    tier, place = parse_audience({"customer_tier": ["gold", "platinum"], "location": "Mumbai"}).conditions
    assert (tier.key, tier.operator, tier.operand) == ("customer_tier", "any_of", ("gold", "platinum"))
    assert (place.key, place.operator, place.operand) == ("location", "any_of", ("mumbai",))


def test_several_operators_of_one_key_must_all_hold():
    first, second = parse_audience({"points": {"gte": 10, "lt": 20}}).conditions
    assert (first.operator, first.operand, second.operator, second.operand) == ("gte", 10.0, "lt", 20.0)


@pytest.mark.parametrize(
    ("audience", "sentence"),
    [
        ([], "The audience is an object"),
        ({"all": False}, "all: everybody is"),
        ({"all": True, "location": "Pune"}, "nothing else"),
        ({"customer_tier": {"like": "g"}}, "customer_tier: the operator “like” is not known here; known are not, exists, contains"),
        ({"name": {"gte": 5}}, "name: the operator “gte” is not known here"),
        ({"points": {"gte": "many"}}, "points: gte is a number such as 100, or a day"),
        ({"joined": {"lt": "2026-02-30"}}, "joined: lt is a number such as 100, or a day"),
        ({"points": {"exists": "yes"}}, "points: exists is true or false"),
        ({"name": {"contains": 5}}, "name: contains is a text"),
        ({"tags": []}, "tags: the list is empty"),
        ({"location": ""}, "location: A value is empty"),
        ({"location": ["Pune", {"a": 1}]}, "location: An attribute must be text"),
        ({"location": {}}, "location: say what is asked"),
        ({"opted_in": "perhaps"}, "opted_in: “perhaps” is neither yes nor no"),
        ({"phone_number": "9876543210"}, "phone_number: The country is not known"),
        ({"location": ["x"] * 501}, "location: at most 500 values"),
        ({" ": "x"}, "is not a column"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_the_key_and_what_can(audience, sentence):
    with pytest.raises(Invalid) as refusal:
        parse_audience(audience)
    assert sentence in refusal.value.sentence
    assert refusal.value.fields == {"target_audience": [refusal.value.sentence]}
