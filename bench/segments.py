"""Counting the people of a segment, against the bare SQL of its conditions.

Run: python -m bench.segments
"""

import time

from sqlalchemy import text

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from bench.launch import CHUNK, chunks
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.services.audience import count_audience

TIERS, CITIES = ("bronze", "silver", "gold", "platinum"), ("Mumbai", "Pune", "Delhi", "Chennai", "Kochi")
SEGMENTS = {
    "two fields": (
        {"customer_tier": ["gold", "platinum"], "location": "Mumbai"},
        "lower(customer_tier) IN ('gold', 'platinum') AND lower(location) = 'mumbai'",
        "lower(customer_tier) IN ('gold', 'platinum') AND lower(location) = 'mumbai'",
    ),
    "a number of a free attribute": (
        {"visits": {"gte": 5}},
        "json_extract(attributes, '$.visits') >= 5",
        "jsonb_typeof(attributes -> 'visits') = 'number' AND (attributes ->> 'visits')::numeric >= 5",
    ),
}
# How many they are, and how many of them may not be written to
BARE = (
    "SELECT count(*), sum(CASE WHEN opted_in = false OR EXISTS (SELECT 1 FROM opt_outs WHERE lifted_at IS NULL "
    "AND opt_outs.phone_number = customers.phone_number) THEN 1 ELSE 0 END) FROM customers"
)


def main() -> None:
    options = parser(__doc__.split("\n")[0], rounds=5)
    options.add_argument("--customers", type=int, default=1_000_000, help="how many there are")
    chosen = options.parse_args()
    figures = [
        one for kind in kinds(chosen.database) for one in figures_of(kind, chosen.customers, chosen.rounds)
    ]
    report(f"Segments of {chosen.customers:,} customers", "count", "bare SQL", figures)


def figures_of(kind: str, customers: int, rounds: int) -> list[Figure]:
    with fresh_database(kind) as url, app_on(url):
        print(f"{kind}: {customers:,} customers are filled in", flush=True)
        fill(customers)
        found = []
        for name, (segment, on_sqlite, on_postgresql) in SEGMENTS.items():
            bare = f"{BARE} WHERE {on_sqlite if kind == 'sqlite' else on_postgresql}"
            assert count_audience(segment, False).matching == db.session.scalar(text(bare)), name
            seconds = in_turn(
                rounds,
                lambda segment=segment: seconds_of(lambda: count_audience(segment, False)),
                lambda bare=bare: seconds_of(lambda: db.session.scalar(text(bare))),
            )
            found.append(Figure.of_times(f"count by {name}, {kind}", *seconds))
        return found


def fill(customers: int) -> None:
    for number, rows in enumerate(chunks(customers)):
        for place, row in enumerate(rows, number * CHUNK):
            row |= {"customer_tier": TIERS[place % 4], "location": CITIES[place % 5]}
        db.session.execute(Customer.__table__.insert(), rows)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE customers")


def seconds_of(question) -> float:
    began = time.perf_counter()
    question()
    seconds = time.perf_counter() - began
    db.session.rollback()
    return seconds


if __name__ == "__main__":
    main()
