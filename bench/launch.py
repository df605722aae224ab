"""Launching a campaign to many customers, against one bare INSERT … SELECT of the same recipients.

Run: python -m bench.launch
"""

import time
from collections.abc import Iterator

from sqlalchemy import delete, insert, text

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.launch import launch

CHUNK = 10_000
BODY = "Hello {{1}}, twenty per cent for you today."


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument("--recipients", type=int, default=200_000, help="how many customers are launched to")
    chosen = options.parse_args()
    figures = [figure(kind, chosen.recipients, chosen.rounds) for kind in kinds(chosen.database)]
    report("Launching", "launch", "bare INSERT … SELECT", figures)


def figure(kind: str, recipients: int, rounds: int) -> Figure:
    with fresh_database(kind) as url, app_on(url):
        print(f"{kind}: {recipients:,} customers are filled in", flush=True)
        fill(recipients)
        both = LaunchAndCopy(recipients)
        print(f"{kind}: {rounds + 1} rounds of launching and copying", flush=True)
        both.launch(), both.copy()  # the file has its size from here on
        ours, floor = in_turn(rounds, both.launch, both.copy)
    return Figure.of_times(f"launch to {recipients:,}, {kind}", ours, floor)


def fill(recipients: int) -> None:
    """Customers with a name each, and the message template that greets them."""
    for rows in chunks(recipients):
        db.session.execute(insert(Customer), rows)
    components = [{"type": "BODY", "text": BODY, "example": {"body_text": [["Ana"]]}}]
    db.session.add(
        MessageTemplate(
            name="greeting", language="en_US", status="APPROVED", category="MARKETING", components=components,
            parameter_format="POSITIONAL", synced_at=utc_now(),
        )
    )  # fmt: skip
    db.session.commit()
    db.session.remove()


def chunks(recipients: int) -> Iterator[list[dict]]:
    now = utc_now()
    for start in range(0, recipients, CHUNK):
        yield [
            {
                "id": new_id(), "phone_number": f"+91{9_000_000_000 + index}", "name": f"Customer {index}", "tags": [],
                "attributes": {"visits": index % 7}, "created_at": now, "updated_at": now,
            }
            for index in range(start, min(start + CHUNK, recipients))
        ]  # fmt: skip


class LaunchAndCopy:
    """Each launch leaves its recipients behind as a plain table, which the copy then inserts again."""

    def __init__(self, recipients: int):
        self._recipients = recipients

    def launch(self) -> float:
        """Seconds from the click to the commit."""
        self._clear()
        now = utc_now()
        fields = {
            "name": "Spring offer", "template_name": "greeting", "target_audience": {"all": True}, "daily_send_limit": 10_000,
            "template_components": [{"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]}],
        }  # fmt: skip
        campaign_id = create_campaign(fields, "bench", now).id
        db.session.commit()
        began = time.perf_counter()
        campaign = launch(campaign_id, "bench", now)
        db.session.commit()
        seconds = time.perf_counter() - began
        assert campaign.messages_pending == self._recipients
        db.session.execute(text("DROP TABLE IF EXISTS launched"))
        db.session.execute(text("CREATE TABLE launched AS SELECT * FROM campaign_recipients"))
        db.session.commit()
        return seconds

    def copy(self) -> float:
        """Seconds of one INSERT … SELECT of the same rows with the same indexes, and its commit."""
        db.session.execute(text("DELETE FROM campaign_recipients"))
        db.session.commit()
        self._vacuum()
        began = time.perf_counter()
        copied = db.session.execute(text("INSERT INTO campaign_recipients SELECT * FROM launched")).rowcount
        db.session.commit()
        seconds = time.perf_counter() - began
        assert copied == self._recipients
        return seconds

    def _clear(self) -> None:
        db.session.execute(delete(Campaign))
        db.session.commit()
        db.session.remove()
        self._vacuum()

    @staticmethod
    def _vacuum() -> None:
        """What deleting left behind would slow down whoever inserts next."""
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("SET statement_timeout = 0")
                connection.exec_driver_sql("VACUUM ANALYZE campaign_recipients")
                connection.exec_driver_sql("CHECKPOINT")
        else:
            with db.engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    main()
