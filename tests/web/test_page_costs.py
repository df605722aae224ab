"""What a page may cost: at most 12 questions to the database, however many campaigns and people there are, and few bytes."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.recipient import Recipient
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from tests.page_checks import PageClient, a_client
from tests.pages_made import a_draft, a_launched_campaign, a_running_campaign

MOST_QUESTIONS = 12
FIRST_PAINT = 150_000  # bytes, compressed: the page, and what its head makes the browser wait for
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}

PAGES = (
    "/", "/_overview", "/campaigns", "/campaigns?status=archived", "/campaigns/{running}", "/campaigns/{running}/_progress",
    "/campaigns/{running}/schedule", "/campaigns/{running}/compare", "/campaigns/{running}/edit", "/campaigns/{running}/failures",
    "/campaigns/{running}/recipients", "/campaigns/{running}/recipients?status=failed", "/campaigns/{running}/recipients/{person}",
    "/campaigns/{waiting}", "/campaigns/{draft}", "/campaigns/new", "/campaigns/{draft}/setup/message", "/campaigns/{draft}/setup/people",
    "/campaigns/{draft}/setup/schedule", "/campaigns/{draft}/launch", "/failures", "/customers", "/customers/{customer}",
    "/customers/import", "/segments", "/templates", "/opt-outs", "/settings", "/settings/users", "/settings/tokens", "/webhooks",
)  # fmt: skip


@pytest.fixture
def shop(app) -> dict[str, str]:
    """Ids for the addresses, with a sender that seems to run, so that no page stops asking early."""
    LeaseHolder(SENDER_LEASE, 600).hold()
    campaign = a_running_campaign()
    person = db.session.query(Recipient).filter_by(campaign_id=campaign.id, status="failed").first()
    return {
        "running": str(campaign.id),
        "waiting": str(a_launched_campaign(people=1, priority=9).id),
        "draft": str(a_draft().id),
        "person": str(person.id),
        "customer": str(db.session.query(Customer.id).first()[0]),
    }


@contextmanager
def questions():
    """Collects the statements that are sent to the database, without those that only begin or end a transaction."""
    asked = []

    def hear(_connection, _cursor, statement, *_others):
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    yield asked
    event.remove(db.engine, "before_cursor_execute", hear)


def asked_by(client: PageClient, address: str) -> list[str]:
    with questions() as asked:
        client.get(address)
    return asked


def test_every_page_asks_at_most_twelve_questions_however_many_campaigns_run(app, shop):
    client = a_client(app, "admin")
    few = {pattern: asked_by(client, pattern.format(**shop)) for pattern in PAGES}
    for place in range(12):
        a_launched_campaign(people=1, name=f"Further campaign {place}")
    faults = []
    for pattern, asked in few.items():
        more = asked_by(client, pattern.format(**shop))
        if len(more) > MOST_QUESTIONS or len(more) > len(asked):
            faults.append("\n  ".join([f"{pattern}: {len(asked)}, then {len(more)}", *more]))
    assert not faults, "\n".join(faults)


def test_no_page_counts_the_recipients_of_a_campaign(app, shop):
    client = a_client(app, "admin")
    few = ("unconfirmed_at IS NOT NULL", "retry_at IS NOT NULL", "next_try_at > ")  # indexes of these alone
    for address in ("/", "/campaigns", f"/campaigns/{shop['running']}", f"/campaigns/{shop['waiting']}"):
        for question in asked_by(client, address):
            if "count(" in question.lower() and "campaign_recipients" in question:
                assert any(part in question for part in few), f"{address}\n{question}"


@pytest.mark.parametrize("pattern", ["/", "/campaigns", "/campaigns/{running}", "/customers"])
def test_the_first_paint_needs_few_bytes(app, shop, pattern):
    """The page with its style sheets and the scripts that hold it up; the deferred ones come after it."""
    client = a_client(app, "admin")
    page = pattern.format(**shop)
    whole = len(client.http.get(page, headers=BROWSER).data)
    for address in held_up_by(client.get(page).text):
        answer = client.http.get(address, headers=BROWSER)
        assert answer.status_code == 200, address
        whole += len(answer.data)
    assert 5_000 < whole < FIRST_PAINT


def held_up_by(html: str) -> list[str]:
    found = []
    for tag in html.partition("</head>")[0].split("<")[1:]:
        kind = tag.split()[0] if tag.split() else ""
        if (kind == "link" and 'rel="stylesheet"' in tag) or (kind == "script" and "defer" not in tag):
            name = "href=" if kind == "link" else "src="
            found.append(tag.partition(f'{name}"')[2].partition('"')[0])
    return [address for address in found if address]


def test_the_unclear_and_the_archived_do_not_raise_the_cost(app, shop):
    client = a_client(app, "admin")
    before = len(asked_by(client, "/"))
    for place in range(5):
        a_launched_campaign(people=1, name=f"Unclear {place}").messages_unconfirmed = 1
        a_draft(name=f"Away {place}").archived_at = utc_now()
    db.session.commit()
    assert len(asked_by(client, "/")) <= before
