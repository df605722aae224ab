"""Choosing a picture, a video or a document for the header of a message, with and without JavaScript."""

import io
import re

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.medium import Medium
from tests.engine import an_app_on
from tests.media_files import PDF, PNG, WEBP
from tests.page_checks import a_client
from tests.pages_made import a_message_template, some_customers, words
from tests.simulator_process import RunningSimulator
from tests.web.campaign_path import make

WITH_PICTURE = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Everything must go."}]
WITH_DOCUMENT = [{"type": "HEADER", "format": "DOCUMENT"}, {"type": "BODY", "text": "Our menu."}]
FILLED = {
    "name": "Spring",
    "template": "sale|en_US",
    "audience_mode": "all",
    "daily_send_limit": "500",
    "priority": "5",
}


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator() as simulator:
        yield simulator


@pytest.fixture
def app(simulator, database_url, tmp_path):
    app = an_app_on(simulator, database_url)
    app.instance_path = str(tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def staff(app):
    some_customers(2)
    return a_client(app, "staff")


def a_file(content: bytes = PNG, name: str = "spring.png") -> dict:
    return {"header-file": (io.BytesIO(content), name)}


def the_header() -> dict:
    return db.session.scalars(select(Campaign)).one().template_components[0]["parameters"][0]


def the_medium() -> Medium:
    return db.session.scalars(select(Medium)).one()


def test_a_chosen_picture_is_uploaded_and_stands_in_the_campaign_by_its_number(staff):
    a_message_template(components=WITH_PICTURE)
    address = make(staff, {**FILLED, **a_file()})
    assert the_header() == {"type": "image", "image": {"id": the_medium().whatsapp_media_id}}
    page = staff.get(address).text
    assert f'src="/media/{the_medium().id}"' in page and "The picture in the header: spring.png" in page
    assert f'src="/media/{the_medium().id}"' in staff.get(f"{address}/launch").text


def test_the_form_of_a_draft_keeps_the_picture(staff):
    a_message_template(components=WITH_PICTURE)
    address = make(staff, {**FILLED, **a_file()})
    page = staff.get(f"{address}/setup/message").text
    assert "spring.png is chosen" in words(page) and the_medium().whatsapp_media_id not in page
    kept = re.search(r'name="value-header-medium" value="([^"]+)"', page)[1]
    staff.post(f"{address}/setup/message", {**FILLED, "name": "Summer", "value-header-medium": kept}, 303)
    assert the_header()["image"] == {"id": the_medium().whatsapp_media_id}


def test_a_file_that_whatsapp_takes_not_is_told_beside_the_field_and_nothing_is_saved(staff):
    a_message_template(components=WITH_PICTURE)
    page = words(staff.post("/campaigns/new", {**FILLED, **a_file(WEBP, "spring.webp")}, 422).text)
    assert "It is a WebP picture, which WhatsApp takes as a sticker only. Save it as JPEG or PNG." in page
    assert db.session.query(Campaign).count() == 0


def test_without_a_file_and_without_an_address_the_draft_is_not_saved(staff):
    a_message_template(components=WITH_PICTURE)
    assert "Choose a file, or enter an address." in words(staff.post("/campaigns/new", FILLED, 422).text)


def test_a_fault_elsewhere_does_not_lose_the_picture(staff):
    a_message_template(components=WITH_PICTURE)
    page = staff.post("/campaigns/new", {**FILLED, "name": "", **a_file()}, 422).text
    assert f'value="{the_medium().id}"' in page and "spring.png is chosen" in words(page)


def test_the_picture_appears_as_soon_as_it_is_chosen(staff):
    a_message_template(components=WITH_PICTURE)
    fragment = staff.post("/campaigns/_message", {**FILLED, **a_file()}, 200).text
    assert f'src="/media/{the_medium().id}"' in fragment and "spring.png is chosen" in words(fragment)
    fragment = staff.post(
        "/campaigns/_preview", {**FILLED, "value-header-medium": str(the_medium().id)}, 200
    ).text
    assert f'src="/media/{the_medium().id}"' in fragment


def test_an_address_goes_before_a_chosen_file_and_is_not_fetched_by_anybody_here(staff):
    a_message_template(components=WITH_PICTURE)
    link = "https://shop.example.com/spring.jpg"
    address = make(staff, {**FILLED, **a_file(), "value-header": ""})
    kept = {"value-header-medium": str(the_medium().id), "value-header": link}
    staff.post(f"{address}/setup/message", {**FILLED, **kept}, 303)
    assert the_header() == {"type": "image", "image": {"link": link}}
    page = staff.get(address).text
    assert "from shop.example.com" in words(page) and "<img" not in page


def test_a_document_keeps_the_name_that_customers_see(staff):
    a_message_template(components=WITH_DOCUMENT)
    address = make(staff, {**FILLED, **a_file(PDF, "menu v7 final.pdf")})
    assert the_header()["document"]["filename"] == "menu v7 final.pdf"
    kept = {"value-header-medium": str(the_medium().id), "value-header-filename": "Menu.pdf"}
    staff.post(f"{address}/setup/message", {**FILLED, **kept}, 303)
    assert the_header()["document"] == {"id": the_medium().whatsapp_media_id, "filename": "Menu.pdf"}


def test_the_file_is_for_who_is_signed_in_and_a_document_is_saved_not_shown(app, staff):
    a_message_template(components=WITH_DOCUMENT)
    staff.post("/campaigns/new", {**FILLED, **a_file(PDF, "menu.pdf")}, 303)
    address = f"/media/{the_medium().id}"
    answer = a_client(app, "viewer").get(address)
    assert answer.data == PDF and answer.headers["Content-Disposition"] == "attachment; filename=menu.pdf"
    a_client(app, None).get(address, 303)


def test_a_medium_that_nobody_knows_is_not_there(staff):
    staff.get("/media/00000000-0000-4000-8000-000000000000", 404)
