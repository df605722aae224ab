"""Recipients added to a draft by number: each once, and what can never be sent is told at once."""

import pytest
from sqlalchemy import select

from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.services.recipients import MOST_AT_ONCE, add_recipients
from campaign_app.services.recount import mismatches
from tests.customers_made import a_number
from tests.makers import NOON, a_campaign

NEEDY = [
    {"type": "BODY", "text": "Hi {{1}}, {{2}}"},
    {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Look", "url": "https://x.example/{{1}}"}]},
]


def a_draft(**fields) -> Campaign:
    return a_campaign(status="draft", **fields)


def a_known_template(components=(), name="spring_offer", **fields) -> None:
    db.session.add(
        MessageTemplate(name=name, language="en_US", status="APPROVED", components=list(components), **fields)
    )
    db.session.commit()


def add(campaign: Campaign, *rows) -> tuple[int, int, list[int]]:
    answer = add_recipients(
        campaign, [row if isinstance(row, dict) else {"phone_number": row} for row in rows], NOON
    )
    db.session.commit()
    return answer.added, answer.duplicates, [one.index for one in answer.invalid]


def test_each_number_is_added_once_however_it_is_spelt(app):
    campaign = a_draft()
    assert add(campaign, a_number(1), "98765 00001", "+91-98765-00002") == (2, 1, [])
    assert add(campaign, a_number(2), a_number(3)) == (1, 1, [])
    assert (campaign.total_target_customers, campaign.messages_pending) == (3, 3)
    assert mismatches() == []


def test_they_are_sent_to_in_the_order_in_which_they_were_added(app):
    campaign = a_draft()
    add(campaign, a_number(5), a_number(3))
    add(campaign, a_number(3), a_number(1))
    rows = db.session.execute(
        select(Recipient.position, Recipient.phone_number).order_by(Recipient.position)
    ).all()
    assert [number for _, number in rows] == [a_number(5), a_number(3), a_number(1)]
    assert len({position for position, _ in rows}) == 3


def test_numbers_of_no_use_are_told_by_their_place(app):
    campaign = a_draft()
    answer = add_recipients(
        campaign,
        [{"phone_number": text} for text in (a_number(1), "12", None, "9.19876E+11", "x" * 500)],
        NOON,
    )
    assert answer.added == 1
    assert [(one.index, one.field) for one in answer.invalid] == [
        (place, "phone_number") for place in (1, 2, 3, 4)
    ]
    assert all(one.reason.endswith(".") and len(one.phone_number) <= 40 for one in answer.invalid)


@pytest.mark.parametrize("status", ["active", "paused", "completed", "cancelled"])
def test_after_the_launch_nobody_is_added(app, status):
    with pytest.raises(Conflict):
        add_recipients(a_campaign(status=status), [{"phone_number": a_number(1)}], NOON)


def test_too_many_at_once_are_refused_whole(app):
    campaign = a_draft()
    with pytest.raises(Invalid):
        add_recipients(
            campaign, [{"phone_number": a_number(place)} for place in range(MOST_AT_ONCE + 1)], NOON
        )
    assert add(campaign, *(a_number(place) for place in range(MOST_AT_ONCE))) == (MOST_AT_ONCE, 0, [])


def test_nothing_to_add_is_nothing_added(app):
    assert add(a_draft()) == (0, 0, [])


@pytest.mark.parametrize(
    ("parameters", "fits"),
    [
        (None, False),
        ({"body": ["Ana", "20 %"], "buttons": {"0": "ana"}}, True),
        ({"body": ["Ana", 20], "buttons": {0: "ana"}}, True),
        ({"body": [{"type": "text", "text": "Ana"}, "20 %"], "buttons": {"0": "ana"}}, True),
        (["Ana", "20 %"], False),
        ({"body": ["Ana"], "buttons": {"0": "ana"}}, False),
        ({"body": ["Ana", "20 %"], "buttons": {"1": "ana"}}, False),
        ({"body": ["Ana", "20 %"], "buttons": {"0": "ana"}, "header": "x"}, False),
        ({"body": ["Ana", {"text": "no type"}], "buttons": {"0": "ana"}}, False),
        ({"first_name": "Ana"}, False),
        ("Ana", False),
        ([["Ana"], "x"], False),
    ],
)
def test_what_does_not_fit_a_known_message_template_is_told_at_adding(app, parameters, fits):
    a_known_template(NEEDY)
    added, _, invalid = add(a_draft(), {"phone_number": a_number(1), "template_parameters": parameters})
    assert (added, invalid) == ((1, []) if fits else (0, [0]))


def test_what_the_campaign_gives_need_not_be_given_again(app):
    a_known_template(NEEDY)
    components = [
        {
            "type": "body",
            "parameters": [{"type": "text", "text": "{{name}}"}, {"type": "text", "text": "20 %"}],
        }
    ]
    campaign = a_draft(template_components=components)
    assert add(campaign, {"phone_number": a_number(1), "template_parameters": {"buttons": {"0": "ana"}}}) == (
        1,
        0,
        [],
    )


def test_parameters_without_any_shape_are_told_even_when_the_message_template_is_not_known(app):
    assert add(a_draft(), {"phone_number": a_number(1), "template_parameters": "Ana"})[2] == [0]
    assert add(a_draft(), {"phone_number": a_number(1), "template_parameters": ["Ana"]})[0] == 1


def test_of_two_rows_for_one_number_the_first_wins(app):
    campaign = a_draft()
    rows = [{"phone_number": a_number(1), "template_parameters": [word]} for word in ("first", "second")]
    add(campaign, *rows)
    assert db.session.scalars(select(Recipient.template_parameters)).all() == [["first"]]
