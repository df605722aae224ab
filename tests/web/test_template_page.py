"""The page of the message templates."""

from campaign_app.extensions import db
from campaign_app.models.message_template import MessageTemplate
from tests.databases import an_app
from tests.engine import an_app_on
from tests.page_checks import a_client
from tests.pages_made import WITH_VALUES, a_message_template, words
from tests.simulator_process import RunningSimulator


def test_templates_show_text_state_and_what_they_need(app):
    a_message_template(components=WITH_VALUES, quality="GREEN")
    a_message_template(name="bad", status="REJECTED", rejected_reason="PROMOTIONAL")
    page = words(a_client(app, "staff").get("/templates").text)
    assert "sale Approved en_US · Marketing · quality high · 4 values to fill in" in page
    assert "Hello {{1}} , take {{2}} off." in page
    assert "WhatsApp has rejected it: promotional." in page


def test_a_state_that_nobody_knows_is_shown_as_it_came(app):
    a_message_template(
        status="LIMIT_EXCEEDED", components=[{"type": "CAROUSEL", "cards": []}, {"no": "type"}]
    )
    assert "Its state is LIMIT_EXCEEDED" in words(a_client(app, "viewer").get("/templates").text)


def test_only_approved_ones_lead_to_a_new_campaign(app):
    a_message_template()
    a_message_template(name="waiting", status="PENDING")
    page = a_client(app, "staff").get("/templates").text
    assert "/campaigns/new?template=sale" in page and "template=waiting" not in page


def test_a_sync_reads_whatsapps_list(database_url):
    with RunningSimulator() as simulator:
        app = an_app_on(simulator, database_url)
        with app.app_context():
            client = a_client(app, "staff")
            assert "No message template is known yet." in words(client.get("/templates").text)
            answer = client.post("/templates/sync", status=303)
            page = words(client.get(answer.location).text)
            assert "message templates from WhatsApp" in page and "holiday_sale_template" in page
            assert db.session.query(MessageTemplate).count() > 5
            db.session.remove()
            db.engine.dispose()


def test_a_sync_that_cannot_reach_whatsapp_says_so_and_keeps_what_is_known(app):
    a_message_template()
    client = a_client(app, "staff")
    answer = client.post("/templates/sync", status=303)
    page = words(client.get(answer.location).text)
    assert "could not be read from WhatsApp" in page and "sale" in page


def test_a_sync_without_settings_names_them(database_url):
    app = an_app(database_url, WHATSAPP_ACCESS_TOKEN="")
    with app.app_context():
        client = a_client(app, "staff")
        answer = client.post("/templates/sync", status=303)
        assert "WHATSAPP_ACCESS_TOKEN must be set" in words(client.get(answer.location).text)
        db.session.remove()
        db.engine.dispose()
