"""The app under gunicorn as the stories run it, and the judge of all of them: the simulator's own log against the app's rows."""

from collections import Counter

from sqlalchemy import select

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from tests.engine import counters_are_true, the_campaign
from tests.server_process import RunningApp

PEOPLE = 300
LADDER = ("sent", "delivered", "read", "failed")


def settings_for(simulator, **environ: str) -> dict[str, str]:
    """The settings of an app that has the simulator as its Cloud API. `environ` wins."""
    return {
        "WHATSAPP_API_URL": simulator.url,
        "WHATSAPP_ACCESS_TOKEN": simulator.access_token,
        "WHATSAPP_APP_SECRET": simulator.app_secret,
        "MESSAGING_LIMIT": "unlimited",
        "SEND_RATE_PER_SECOND": "150",
        **environ,
    }


def a_running_app(app, simulator, port, workers: int = 2, **environ: str) -> RunningApp:
    settings = settings_for(simulator, **environ)
    return RunningApp(str(app.config["SQLALCHEMY_DATABASE_URI"]), port, workers, **settings)


def nobody_twice_and_nobody_lost(simulator, campaign, people: int = PEOPLE) -> None:
    """The oracle: the simulator's own log against the app's rows."""
    accepted = Counter(post["to"] for post in simulator.log() if post["accepted_at"])
    assert [number for number, times in accepted.items() if times > 1] == []
    campaign = the_campaign(campaign.id)
    assert campaign.total_target_customers == people
    refused = campaign.messages_refused
    assert campaign.messages_sent + campaign.messages_unconfirmed + refused == people
    # What WhatsApp took is shown as sent, but for those whose webhooks are still to come.
    assert campaign.messages_sent <= len(accepted) <= campaign.messages_sent + campaign.messages_unconfirmed
    assert counters_are_true()


def compared(simulator, people: int) -> tuple[list, list, list]:
    """The oracle: what WhatsApp took, and what it told us and we acknowledged, against every row. Returns the numbers that
    got it twice, those that are wrongly shown, and those that stand in no state at all."""
    posts = simulator.log()
    accepted = [post for post in posts if post["accepted_at"]]
    times = Counter(post["to"] for post in accepted)
    wamids = {post["to"]: post["wamid"] for post in accepted}
    refused = {post["to"] for post in posts if post["outcome"] == "refused"}
    told: dict[str, str] = {}
    for one in simulator.statuses():
        told[one["wamid"]] = max(one["status"], told.get(one["wamid"], "sent"), key=LADDER.index)
    with reading():
        rows = db.session.execute(
            select(Recipient.phone_number, Recipient.status, Recipient.unconfirmed_at)
        ).all()
        db.session.rollback()
    assert len(rows) == people
    wrong = []
    for number, status, unconfirmed_at in rows:
        not_confirmed = status == "queued" and unconfirmed_at is not None
        if number not in wamids:
            right = not_confirmed or (status == "failed" and number in refused)
        elif wamids[number] in told:
            right = status == told[wamids[number]]
        else:  # nothing came back yet but, perhaps, the answer
            right = status == "sent" or not_confirmed
        if not right:
            wrong.append((number, status, told.get(wamids.get(number))))
    limbo = [number for number, status, at in rows if status == "pending" or (status == "queued" and not at)]
    return [number for number, count in times.items() if count > 1], wrong, limbo
