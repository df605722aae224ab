"""Segments, and the whole filter language on real databases against a plain reading of it in Python."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.audience import audience_condition, count_audience
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.segments import all_segments, delete_segment, save_segment
from tests.customers_made import NOW, a_customer, a_number
from tests.makers import a_campaign

TIMES = {"sent": "sent_at", "received": "delivered_at", "read": "read_at", "failed": "failed_at", "replied": "replied_at"}  # fmt: skip
AGES = (0, 1, 5, 40)  # days before NOW


def found(target_audience) -> set[str]:
    return set(
        db.session.scalars(select(Customer.phone_number).where(audience_condition(target_audience, NOW)))
    )


def in_campaign(campaign, number: str, status: str = "sent", **times) -> Recipient:
    """A recipient who was written to, with its message."""
    person = Recipient(
        campaign_id=campaign.id, phone_number=number, position=1, status=status, attempt=1, next_try_at=NOW, **times
    )  # fmt: skip
    db.session.add(person)
    db.session.flush()
    db.session.add(
        Message(campaign_id=campaign.id, recipient_id=person.id, attempt=1, phone_number=number,
                send_date=NOW.date(), authorised_at=NOW, lease_epoch=1)
    )  # fmt: skip
    db.session.flush()
    return person


# ---- the language against its oracle ------------------------------------------------------------------------------------

CAMPAIGNS = (0, 1)
deeds = st.tuples(st.sampled_from(CAMPAIGNS), st.sampled_from([*TIMES]), st.sampled_from(AGES))
people = st.lists(
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(["gold", "silver", None]),
            "tags": st.lists(st.sampled_from(["vip", "new"]), unique=True),
            "points": st.sampled_from([None, 5, 50]),
            "age": st.sampled_from(AGES),
            "deeds": st.lists(deeds, max_size=4),
        }
    ),
    min_size=1,
    max_size=6,
)
leaves = st.one_of(
    st.sampled_from(["gold", "silver", None, ["gold", None]]).map(lambda tier: {"customer_tier": tier}),
    st.sampled_from(["vip", "new"]).map(lambda tag: {"tags": tag}),
    st.sampled_from([{"gte": 10}, {"exists": True}, {"not": 5}]).map(lambda asked: {"points": asked}),
    st.tuples(st.sampled_from([*TIMES]), st.sampled_from([{"campaign": 0}, {"campaign": 1}, {"days": 3}, {"ever": True}]))
    .map(lambda pair: {pair[0]: pair[1]}),
    st.booleans().map(lambda answer: {"never_contacted": answer}),
    st.tuples(st.sampled_from(["gte", "gt", "lte", "lt"]), st.sampled_from(AGES))
    .map(lambda pair: {"added_on": {pair[0]: pair[1]}}),
    st.just({"customer_tier": "gold", "tags": "vip"}),
)  # fmt: skip
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


def day_before(age: int) -> date:
    return (NOW - timedelta(days=age)).date()


def holds(asked: dict, person: dict) -> bool:
    """A plain reading of the language; campaigns and ages stand for ids and days."""
    return all(_holds(key, value, person) for key, value in asked.items())


def _holds(key: str, value, person: dict) -> bool:
    if key in ("any", "all"):
        return {"any": any, "all": all}[key](holds(part, person) for part in value)
    if key == "not":
        return not holds(value, person)
    if key == "customer_tier":
        return person["tier"] in (value if isinstance(value, list) else [value])
    if key == "tags":
        return value in person["tags"]
    if key == "points":
        points = person["points"]
        if "exists" in value:
            return points is not None
        return points != 5 if "not" in value else points is not None and points >= 10
    if key == "never_contacted":
        return (not person["deeds"]) is value
    if key == "added_on":
        ((operator, age),) = value.items()
        there, bound = day_before(person["age"]), day_before(age)
        return {"gte": there >= bound, "gt": there > bound, "lte": there <= bound, "lt": there < bound}[
            operator
        ]
    return any(
        deed == key and value.get("campaign", campaign) == campaign and ("days" not in value or age <= value["days"])
        for campaign, deed, age in person["deeds"]
    )  # fmt: skip


def as_json(asked, campaigns):
    """The filter with the ids and days that campaigns and ages stand for."""
    if isinstance(asked, list):
        return [as_json(part, campaigns) for part in asked]
    if not isinstance(asked, dict):
        return asked
    made = {}
    for key, value in asked.items():
        if key == "campaign":
            made[key] = str(campaigns[value].id)
        elif key == "added_on":
            made[key] = {operator: day_before(age).isoformat() for operator, age in value.items()}
        else:
            made[key] = as_json(value, campaigns)
    return made


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(people=people, asked=filters)
def test_groups_and_behaviour_mean_what_a_plain_reading_of_them_means(app, people, asked):
    db.session.rollback()
    try:
        campaigns = [a_draft_row() for _ in CAMPAIGNS]
        for place, person in enumerate(people, 1):
            attributes = {} if person["points"] is None else {"points": person["points"]}
            a_customer(place, customer_tier=person["tier"], tags=person["tags"], attributes=attributes,
                       created_at=NOW - timedelta(days=person["age"]))  # fmt: skip
            _let_do(person["deeds"], campaigns, a_number(place))
        expected = {a_number(place) for place, person in enumerate(people, 1) if holds(asked, person)}
        assert found(as_json(asked, campaigns)) == expected
    finally:
        db.session.rollback()


def a_draft_row():
    """Not committed: each example leaves nothing behind."""
    return create_campaign({"name": "Spring", "template_name": "sale"}, "test", NOW)


def _let_do(deeds, campaigns, number: str) -> None:
    for place, campaign in enumerate(campaigns):
        mine = [(deed, age) for which, deed, age in deeds if which == place]
        if mine:
            times: dict = {}
            for deed, age in mine:
                at = NOW - timedelta(days=age)
                times[TIMES[deed]] = max(at, times.get(TIMES[deed], at))
            status = "failed" if "failed" in dict(mine) else "sent"
            in_campaign(campaign, number, status, **times)


# ---- what a newcomer would ask -----------------------------------------------------------------------------------------


def test_the_seed_document_s_form_is_a_segment(app):
    a_customer(1, customer_tier="gold", location="Mumbai")
    a_customer(2, customer_tier="gold", location="Pune")
    segment = save_segment(
        None, "Gold in Mumbai", {"customer_tier": ["gold"], "location": "Mumbai"}, "x", NOW
    )
    assert found({"segment": str(segment.id)}) == {a_number(1)}
    assert found({"segment": str(segment.id), "location": "Pune"}) == set()
    assert count_audience({"segment": str(segment.id)}, False).matching == 1


def test_those_who_got_it_and_did_not_read_it(app):
    campaign = a_campaign()
    for place in (1, 2, 3):
        a_customer(place)
    in_campaign(campaign, a_number(1), "delivered", sent_at=NOW, delivered_at=NOW)
    in_campaign(campaign, a_number(2), "read", sent_at=NOW, delivered_at=NOW, read_at=NOW)
    mine = {"campaign": str(campaign.id)}
    assert found({"received": mine, "not": {"read": mine}}) == {a_number(1)}
    assert found({"never_contacted": True}) == {a_number(3)}


def test_a_failure_that_a_retry_made_up_for_does_not_count(app):
    campaign = a_campaign()
    a_customer(1)
    in_campaign(campaign, a_number(1), "delivered", sent_at=NOW, delivered_at=NOW, failed_at=NOW)
    assert found({"failed": {"ever": True}}) == set()


def test_added_on_counts_days_of_the_business_zone(app):
    a_customer(1, created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    a_customer(2, created_at=datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    assert found({"added_on": {"gte": "2026-03-02"}}) == {a_number(2)}
    assert found({"added_on": {"lte": "2026-03-01"}}) == {a_number(1)}
    assert found({"added_on": {"gt": "2026-03-01", "lt": "2026-03-03"}}) == {a_number(2)}


def test_free_attributes_may_bear_the_names_of_behaviours(app):
    a_customer(1, attributes={"read": "yes", "sent": "no"})
    assert found({"read": "yes"}) == {a_number(1)}
    assert found({"read": {"not": "yes"}}) == set()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"any": []}, "at least one condition"),
        ({"all": [{}]}, "at least one condition"),
        ({"read": {"campaign": "spring"}}, "campaign is the id"),
        ({"read": {"days": 0}}, "whole number from 1"),
        ({"read": {"days": 3, "campaign": "x"}}, "give"),
        ({"added_on": {"gte": "yesterday"}}, "a bound is a day"),
        ({"added_on": "2026-01-01"}, "ask with gte"),
        ({"not": {"not": {"not": {"not": {"not": {"not": {"tags": "x"}}}}}}}, "at most 5 deep"),
        ({"segment": str(new_id())}, "does not exist any more"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(app, asked, words):
    with pytest.raises(Invalid, match=words):
        audience_condition(asked)


def test_names_are_given_once_and_a_segment_means_no_other(app):
    first = save_segment(None, "Gold", {"customer_tier": "gold"}, "x", NOW)
    with pytest.raises(Invalid) as refused:
        save_segment(None, " gold ", {"segment": str(first.id)}, "x", NOW)
    assert refused.value.fields == {
        "name": ["There is a segment of this name already."],
        "filter": ["A segment cannot mean another segment."],
    }
    save_segment(first, "Gold", {"customer_tier": ["gold", "platinum"]}, "x", NOW)
    assert [segment.filter for segment in all_segments()] == [{"customer_tier": ["gold", "platinum"]}]


def test_a_segment_that_a_draft_means_is_not_deleted(app):
    segment = save_segment(None, "Gold", {"customer_tier": "gold"}, "x", NOW)
    draft = create_campaign(
        {"name": "Spring", "template_name": "sale", "target_audience": {"segment": str(segment.id)}}, "x", NOW
    )
    with pytest.raises(Conflict, match="The draft “Spring”"):
        delete_segment(segment, "x", NOW)
    draft.target_audience = {"all": True}
    delete_segment(segment, "x", NOW)
    assert all_segments() == []
