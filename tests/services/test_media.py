"""Media of headers: uploaded, used again, renewed before WhatsApp forgets them, deleted when nobody uses them."""

import io
from datetime import timedelta

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.medium import Medium
from campaign_app.services import media
from campaign_app.services.account_notices import open_notices
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.launch import launch
from campaign_app.services.media import check_not_expired, file_of, medium_path, prune_media, upload_medium
from campaign_app.services.media_renewal import RENEWED_AFTER, renew_media
from campaign_app.services.message_templates import sync_templates
from campaign_app.services.preflight import preflight
from tests.engine import an_app_on, process, the_campaign
from tests.media_files import PDF, PNG, a_png
from tests.pages_made import a_draft, a_message_template, some_customers
from tests.simulator_process import RunningSimulator

PICTURE = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Everything must go."}]


@pytest.fixture
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


def upload(content: bytes = PNG, name: str = "spring.png", format_: str = "IMAGE", now=None) -> Medium:
    medium = upload_medium(
        cloud_api(), io.BytesIO(content), name, format_, "staff@example.com", now or utc_now()
    )
    db.session.commit()
    return medium


def a_draft_with(medium: Medium) -> Campaign:
    a_message_template(components=PICTURE)
    some_customers(1)
    header = {"type": "image", "image": {"id": medium.whatsapp_media_id}}
    return a_draft(template_components=[{"type": "header", "parameters": [header]}])


def test_an_uploaded_file_is_known_to_whatsapp_and_kept_under_a_random_name(app, tmp_path):
    medium = upload()
    assert medium.whatsapp_media_id.isdigit() and medium.mime_type == "image/png"
    kept = file_of(medium)
    assert kept.read_bytes() == PNG and "spring" not in kept.name
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.parent == tmp_path / "media"


def test_a_file_that_whatsapp_would_refuse_is_not_even_uploaded(app, tmp_path):
    with pytest.raises(Invalid, match="JPEG or PNG"):
        upload(PDF, "menu.pdf")
    assert not list((tmp_path / "media").iterdir())


def test_without_whatsapp_nothing_is_kept(app, simulator, tmp_path):
    simulator.stop()
    with pytest.raises(Conflict, match="could not be uploaded to WhatsApp"):
        upload()
    assert not list((tmp_path / "media").iterdir()) and db.session.query(Medium).count() == 0


def test_the_same_file_again_is_the_same_medium(app, tmp_path):
    assert upload().id == upload(name="again.png").id
    assert upload(a_png(colour=b"\x10\x20\x30")).id != upload().id
    assert len(list((tmp_path / "media").iterdir())) == 2


def test_the_picture_goes_out_with_every_message(app, simulator):
    sync_templates(cloud_api(), utc_now())
    db.session.commit()
    media_id = upload().whatsapp_media_id
    some_customers(2)
    header = {"type": "header", "parameters": [{"type": "image", "image": {"id": media_id}}]}
    body = {"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]}
    campaign = a_draft(template_name="new_collection", template_components=[header, body])
    launch(campaign.id, "test", utc_now())
    db.session.commit()
    process(app)
    assert (the_campaign(campaign.id).messages_sent, simulator.counts()["accepted"]) == (2, 2)


def test_a_medium_in_use_is_uploaded_again_before_whatsapp_forgets_it(app):
    long_ago = utc_now() - RENEWED_AFTER
    medium = upload(now=long_ago)
    campaign = a_draft_with(medium)
    medium_id, old_id, changed_at = medium.id, medium.whatsapp_media_id, campaign.updated_at
    assert renew_media(cloud_api(), utc_now()) == 1
    campaign = the_campaign(campaign.id)
    medium = db.session.get(Medium, medium_id)
    assert medium.whatsapp_media_id != old_id and medium.uploaded_at > long_ago
    header = campaign.template_components[0]["parameters"][0]
    assert header == {"type": "image", "image": {"id": medium.whatsapp_media_id}}
    assert campaign.updated_at == changed_at
    assert renew_media(cloud_api(), utc_now()) == 0


def test_a_young_one_and_one_that_nobody_uses_are_left_alone(app):
    upload(now=utc_now() - RENEWED_AFTER)
    a_draft_with(upload(a_png(colour=b"\x10\x20\x30"), now=utc_now() - RENEWED_AFTER + timedelta(hours=1)))
    assert renew_media(cloud_api(), utc_now()) == 0


def test_what_cannot_be_uploaded_again_is_told_once_and_stops_the_launch_when_it_is_forgotten(app, simulator):
    now = utc_now()
    campaign = a_draft_with(upload(now=now - timedelta(days=29)))
    simulator.stop()
    assert renew_media(cloud_api(), now) == 0
    assert renew_media(cloud_api(), now) == 0
    (notice,) = open_notices(now)
    assert "spring.png" in notice.sentence and "WhatsApp forgets it on" in notice.sentence
    check_not_expired(campaign.template_components, now)
    later = now + timedelta(days=1)
    assert any("choose the file once more" in sentence for sentence in preflight(campaign, later).blockers)
    with pytest.raises(Conflict, match="choose the file once more"):
        launch(campaign.id, "test", later)


def test_a_lost_file_is_told(app):
    medium = upload(now=utc_now() - RENEWED_AFTER)
    a_draft_with(medium)
    medium_path(medium.id).unlink()
    media.forget(medium.id, media.KIND)
    db.session.commit()
    assert renew_media(cloud_api(), utc_now()) == 0
    assert "not on this server any more" in open_notices(utc_now())[0].sentence


def test_what_no_campaign_uses_is_deleted_after_a_day(app, tmp_path):
    used, unused = upload(), upload(a_png(colour=b"\x10\x20\x30"))
    a_draft_with(used)
    prune_media(utc_now() + timedelta(hours=23))
    db.session.commit()
    assert db.session.query(Medium).count() == 2
    prune_media(utc_now() + timedelta(hours=25))
    db.session.commit()
    assert [one.id for one in db.session.query(Medium)] == [used.id]
    assert [path.name for path in (tmp_path / "media").iterdir()] == [str(used.id)]
    assert not medium_path(unused.id).exists()


def test_another_machine_of_the_same_postgresql_fetches_the_file(app, tmp_path):
    medium = upload()
    if db.engine.dialect.name == "sqlite":
        pytest.skip("An SQLite database lies on one machine")
    app.instance_path = str(tmp_path / "another")
    assert file_of(medium).read_bytes() == PNG
