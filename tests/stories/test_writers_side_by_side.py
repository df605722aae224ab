"""The applier and the sender move the counters of the same campaigns at the same time: neither waits for the other in a circle."""

import random
import threading
from collections.abc import Callable

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from campaign_app.services.send_outcomes import settle
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import accepted
from tests.whatsapp.webhooks import a_change, a_message, a_status, a_webhook

CAMPAIGNS, PEOPLE = 8, 30


def a_step(message: dict, status: str) -> dict:
    seconds = str(int((NOON + minutes(1)).timestamp()))
    return a_status(
        id=f"wamid.{message['id']}", biz_opaque_callback_data=str(message["id"]), status=status, timestamp=seconds
    )  # fmt: skip


def a_reply(message: dict) -> dict:
    seconds = str(int((NOON + minutes(2)).timestamp()))
    number = message["phone_number"].lstrip("+")
    return a_message(id=f"wamid.in.{message['id']}", timestamp=seconds, **{"from": number})


def side_by_side(app, *jobs: Callable[[], None]) -> list[BaseException]:
    """Run each job in a thread of its own, all begun at once. Returns what went wrong in them."""
    begin, wrong = threading.Barrier(len(jobs)), []

    def run(job):
        with app.app_context():
            try:
                begin.wait()
                job()
            except Exception as error:
                db.session.rollback()
                wrong.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return wrong


def test_the_applier_and_the_sender_never_wait_for_each_other_in_a_circle(app):
    chance = random.Random(11)
    messages = [one for _ in range(CAMPAIGNS) for one in sent_out(a_campaign(), PEOPLE)]
    for _ in range(60):
        some = chance.sample(messages, 12)  # of all campaigns, in any order
        statuses = [a_step(one, status) for one in some for status in ("sent", "delivered", "read")]
        change = a_change(statuses=statuses, messages=[a_reply(one) for one in chance.sample(messages, 3)])
        store(a_webhook(change), NOON)
    db.session.commit()

    def apply() -> None:
        while apply_waiting(2):
            pass

    def send(turn: int) -> None:
        mine = messages[turn::2]
        random.Random(turn).shuffle(mine)
        for start in range(0, len(mine), 5):
            settle([accepted(one) for one in mine[start : start + 5]], NOON)
            db.session.commit()

    assert side_by_side(app, apply, lambda: send(0), lambda: send(1)) == []
    apply()
    assert db.session.scalars(select(Recipient.status).distinct().order_by(Recipient.status)).all() == [
        "read",
        "sent",
    ]
    assert counters_are_true()


def test_two_appliers_at_once_apply_each_body_once(app):
    messages = [one for _ in range(3) for one in sent_out(a_campaign(), PEOPLE)]
    settle([accepted(one) for one in messages], NOON)
    for one in messages:
        for status in ("delivered", "read"):
            store(a_webhook(a_change(statuses=[a_step(one, status)])), NOON)
    db.session.commit()
    taken = []

    def apply() -> None:
        for _ in range(60):
            taken.append(apply_waiting(5))

    assert side_by_side(app, apply, apply) == []
    while count := apply_waiting():
        taken.append(count)
    assert sum(taken) == 2 * len(messages)
    assert db.session.scalars(select(Recipient.status).distinct()).all() == ["read"]
    assert counters_are_true()
