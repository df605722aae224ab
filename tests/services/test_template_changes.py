"""A message template whose text changes at WhatsApp: staff are told, it is read anew, and what no longer fits is paused."""

from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.account_notice import AccountNotice
from campaign_app.models.message_template import MessageTemplate
from campaign_app.scheduler import Scheduler
from campaign_app.services.account_notices import open_notices
from campaign_app.services.account_webhooks import apply_others
from campaign_app.services.message_templates import snapshot, store_templates
from campaign_app.services.template_changes import has_changed_templates
from campaign_app.whatsapp.payloads import parse_webhook
from tests.databases import DEFAULTS
from tests.engine import RunningSimulator, an_app_on
from tests.makers import NOON, a_campaign, minutes
from tests.whatsapp.webhooks import a_webhook

ONE = [{"type": "BODY", "text": "Hello {{1}}"}]
OTHER_WORDS = [{"type": "BODY", "text": "Good morning {{1}}"}]
TWO = [{"type": "BODY", "text": "Hello {{1}}, {{2}}"}]
FILLED = [{"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]}]
EVERYBODY = {"all": True}


def a_template(**fields) -> MessageTemplate:
    values = {"name": "spring_offer", "language": "en_US", "status": "APPROVED", "components": ONE, **fields}
    template = MessageTemplate(**{"synced_at": NOON - minutes(60), **values})
    db.session.add(template)
    db.session.commit()
    return template


def a_campaign_with(template: MessageTemplate, **fields):
    values = {"template_components": FILLED, "target_audience": EVERYBODY, **fields}
    return a_campaign(template_snapshot=snapshot(template), **values)


def changed(at=NOON, **more) -> None:
    """WhatsApp reports at `at` that the text is another one."""
    value = {
        "message_template_id": 7,
        "message_template_name": "spring_offer",
        "message_template_language": "en_US",
        "message_template_element": "Hello {{1}}, {{2}}",
        **more,
    }
    account, time = DEFAULTS["WHATSAPP_BUSINESS_ACCOUNT_ID"], int(at.timestamp())
    body = a_webhook({"field": "message_template_components_update", "value": value}, id=account, time=time)
    apply_others([parse_webhook(body)], max(at, NOON))
    db.session.commit()
    db.session.expire_all()


def listed(components: list[dict]) -> dict:
    return {"name": "spring_offer", "language": "en_US", "status": "APPROVED", "components": components}


def synced(components: list[dict]) -> None:
    store_templates([listed(components)], NOON + minutes(1))
    db.session.commit()
    db.session.expire_all()


def test_staff_are_told_which_campaigns_send_the_new_text(app):
    template = a_template()
    a_campaign_with(template, name="Spring"), a_campaign_with(template, name="Easter", status="paused")
    a_campaign_with(template, name="Long ago", status="completed")
    changed()

    (notice,) = open_notices(NOON)
    assert "“spring_offer” (en_US) was changed at WhatsApp" in notice.sentence
    assert "“Spring”" in notice.sentence and "“Easter”" in notice.sentence
    assert "Long ago" not in notice.sentence


def test_it_is_read_anew_once(app):
    a_template()
    assert not has_changed_templates()
    changed(message_template_language="en-US")
    assert has_changed_templates()
    synced(TWO)
    assert not has_changed_templates()
    assert db.session.scalar(select(MessageTemplate.components)) == TWO


def test_a_word_from_before_the_last_reading_changes_nothing(app):
    a_template(synced_at=NOON + minutes(5))
    changed()
    assert not has_changed_templates() and open_notices(NOON) == []


def test_what_is_not_known_here_changes_nothing(app):
    changed(message_template_name="somebody else's")
    changed(message_template_name=None, message_template_language={})
    assert db.session.scalars(select(AccountNotice)).all() == []


def test_a_campaign_whose_message_no_longer_fits_is_paused_with_the_reason(app):
    template = a_template()
    campaign = a_campaign_with(template)
    old = campaign.template_snapshot
    synced(TWO)

    assert campaign.status == "paused"
    assert campaign.status_reason.startswith("The message template was changed at WhatsApp")
    assert "{{2}}" in campaign.status_reason or "2" in campaign.status_reason
    assert campaign.template_snapshot == old  # whoever resumes it all the same loses nobody: WhatsApp refuses


def test_other_words_around_the_same_variables_stop_nothing(app):
    template = a_template()
    campaign = a_campaign_with(template)
    synced(OTHER_WORDS)
    assert campaign.status == "active"


def test_a_message_that_fits_the_new_text_goes_on_by_it(app):
    template = a_template(components=TWO)
    campaign = a_campaign_with(template)
    finished = a_campaign_with(template, status="completed")
    synced(ONE)

    assert campaign.status == "active"
    assert campaign.template_snapshot["components"] == ONE
    assert finished.template_snapshot["components"] == TWO


def test_people_with_values_of_their_own_are_not_stopped_by_what_the_campaign_lacks(app):
    template = a_template()
    campaign = a_campaign_with(template, target_audience=None, template_components=None)
    synced(TWO)
    assert campaign.status == "active" and campaign.template_snapshot["components"] == TWO


def test_the_clock_reads_the_list_as_soon_as_a_change_is_reported(database_url):
    with RunningSimulator(webhook_url="") as simulator:
        app = an_app_on(simulator, database_url)
        with app.app_context():
            upkeep = Scheduler(app)
            upkeep._keep_up()
            template = db.session.scalars(select(MessageTemplate).limit(1)).one()
            first, right = template.synced_at, template.components
            template.components = []
            db.session.commit()
            upkeep._keep_up()
            assert template.synced_at == first
            template.components_changed_at = utc_now()
            db.session.commit()
            upkeep._upkeep_at["templates"] -= minutes(2)
            upkeep._keep_up()
            db.session.expire_all()
            assert template.synced_at > first and template.components == right
            db.session.remove()
            db.engine.dispose()
