"""The page of the customers with many of them, against the same page with few: it must not grow with them.

Run: python -m bench.customers_page
"""

import time

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from bench.launch import chunks
from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from tests.page_checks import a_client

REQUESTS = 20  # of one measurement


def main() -> None:
    options = parser(__doc__.split("\n")[0], rounds=5)
    options.add_argument("--few", type=int, default=1000, help="customers")
    options.add_argument("--many", type=int, default=1_000_000, help="customers")
    chosen = options.parse_args()
    figures = [figure(kind, chosen.few, chosen.many, chosen.rounds) for kind in kinds(chosen.database)]
    report("The page of the customers", f"{chosen.many:,} customers", f"{chosen.few:,} customers", figures)


def figure(kind: str, few: int, many: int, rounds: int) -> Figure:
    """Both sizes in one database, one after the other: a database of each kind at a time."""
    (few_seconds,), (many_seconds,) = (seconds_with(kind, customers, rounds) for customers in (few, many))
    ours, floor = (f"{1000 * seconds:.1f} ms" for seconds in (many_seconds, few_seconds))
    return Figure(
        f"the first page of the customers, {kind}", ours, floor, f"{many_seconds / few_seconds:.2f} ×"
    )


def seconds_with(kind: str, customers: int, rounds: int) -> list[float]:
    with fresh_database(kind) as url, app_on(url) as app:
        for rows in chunks(customers):
            db.session.execute(Customer.__table__.insert(), rows)
        db.session.commit()
        if kind == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE customers")
        client = a_client(app, "staff")

        def page() -> float:
            began = time.perf_counter()
            for _ in range(REQUESTS):
                assert client.http.get("/customers").status_code == 200
            return (time.perf_counter() - began) / REQUESTS

        page()
        return in_turn(rounds, page)


if __name__ == "__main__":
    main()
