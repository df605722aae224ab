"""Lists of values as one bind value."""

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from campaign_app.models.value_lists import is_among
from tests.makers import a_campaign, sent_out


def test_rows_are_found_by_a_list_of_ids_or_of_texts_of_any_length(app):
    sent_out(a_campaign(), 5)
    people = db.session.execute(select(Recipient.id, Recipient.phone_number)).all()
    by_id = select(Recipient.id).where(is_among(Recipient.id, "some"))
    by_number = select(Recipient.phone_number).where(is_among(Recipient.phone_number, "some"))
    for wanted in ([], people[:1], people[1:4], people):
        ids = {person.id for person in wanted}
        numbers = {person.phone_number for person in wanted}
        assert set(db.session.scalars(by_id, {"some": ids})) == ids
        assert set(db.session.scalars(by_number, {"some": [*numbers, "x'); --"]})) == numbers
