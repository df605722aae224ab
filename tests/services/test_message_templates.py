"""Storing WhatsApp's list of message templates."""

import threading

from sqlalchemy import func, select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.message_templates import store_templates

LISTED = [
    {
        "id": str(place),
        "name": f"offer_{place}",
        "language": "en_US",
        "status": "APPROVED",
        "category": "MARKETING",
    }
    for place in range(20)
]


def test_two_syncs_at_once_store_each_message_template_once(app):
    barrier = threading.Barrier(2)
    results = []

    def sync() -> None:
        with app.app_context():
            barrier.wait()
            try:
                results.append(store_templates(LISTED, utc_now()))
                db.session.commit()
            except Exception as error:
                results.append(error)
            db.session.remove()

    threads = [threading.Thread(target=sync) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(result.added for result in results) == [0, 20]
    assert db.session.scalar(select(func.count()).select_from(MessageTemplate)) == 20
