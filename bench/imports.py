"""Importing a customer file, against its bare parts on one core: csv, phonenumbers and an upsert by executemany.

Run: python -m bench.imports
"""

import csv
import json
import tempfile
import time
from pathlib import Path
from random import Random

import phonenumbers
from sqlalchemy import delete, func, select

from bench.common import Figure, app_on, fresh_database, in_turn, kinds, parser, report
from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.consent_event import ConsentEvent
from campaign_app.models.customer import Customer
from campaign_app.services.customer_import import import_customers

HEADER = ("Mobile No.", "Name", "Tier", "City", "Language", "Tags", "Opted in", "Loyalty Points")
TIERS, CITIES = (
    ("bronze", "silver", "gold", "platinum"),
    ("Mumbai", "Pune", "Delhi", "Chennai", "Kochi", "Surat"),
)
CHUNK = 2000


def main() -> None:
    options = parser(__doc__, rounds=3)
    options.add_argument("--rows", type=int, default=100_000, help="rows of the file")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "customers.csv"
        write_file(path, chosen.rows)
        figures = [figure(kind, path, chosen.rows, chosen.rounds) for kind in kinds(chosen.database)]
    report("Importing a customer file", "import", "bare csv, phonenumbers, executemany on one core", figures)


def write_file(path: Path, rows: int) -> None:
    """Each number once, written in three ways; one row in three says yes to messages."""
    chance = Random(1)
    ways = ("+91{0}", "0{0}", "{0}")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for index in range(rows):
            writer.writerow(
                (
                    ways[index % 3].format(9_000_000_000 + index), f"Customer {index}", chance.choice(TIERS),
                    chance.choice(CITIES), "en", "vip, diwali" if index % 5 == 0 else "", "yes" if index % 3 == 0 else "",
                    chance.randrange(5000),
                )
            )  # fmt: skip


def figure(kind: str, path: Path, rows: int, rounds: int) -> Figure:
    def ours() -> float:
        empty()
        began = time.perf_counter()
        with path.open("rb") as file:
            import_customers(file, "IN", False, path.name, utc_now())
        db.session.commit()
        return seconds_for(rows, began)

    def bare() -> float:
        empty()
        began = time.perf_counter()
        bare_parts(path)
        return seconds_for(rows, began)

    with fresh_database(kind) as url, app_on(url, DEFAULT_COUNTRY="IN"):
        print(f"{kind}: {rounds} rounds of {rows:,} rows", flush=True)
        return Figure.of_times(f"import of {rows:,} new customers, {kind}", *in_turn(rounds, ours, bare))


def empty() -> None:
    for table in (ConsentEvent, Customer):
        db.session.execute(delete(table))
    db.session.commit()


def seconds_for(rows: int, began: float) -> float:
    seconds = time.perf_counter() - began
    assert db.session.scalar(select(func.count()).select_from(Customer)) == rows
    db.session.rollback()
    return seconds


def bare_parts(path: Path) -> None:
    """What a script of thirty lines does: no duplicates told, no spellings, no consent, no history."""
    on_sqlite = db.engine.dialect.name == "sqlite"
    mark = "?" if on_sqlite else "%s"
    columns = (
        "id", "phone_number", "name", "customer_tier", "location", "language", "tags", "attributes", "opted_in", "created_at",
        "updated_at",
    )  # fmt: skip
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns[2:9])
    statement = (
        f"INSERT INTO customers ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))}) "
        f"ON CONFLICT (phone_number) DO UPDATE SET {changed}"
    )
    now = utc_now().replace(tzinfo=None).isoformat(" ") if on_sqlite else utc_now()
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    if on_sqlite:
        cursor.execute("BEGIN IMMEDIATE")
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        for number, name, tier, city, language, tags, opted_in, points in reader:
            parsed = phonenumbers.parse(number, "IN")
            if not phonenumbers.is_valid_number(parsed):
                continue
            phone_number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            customer_id = new_id().hex if on_sqlite else new_id()
            tags = json.dumps([tag.strip() for tag in tags.split(",") if tag.strip()])
            attributes = json.dumps({"Loyalty Points": int(points)})
            rows.append(
                (customer_id, phone_number, name, tier, city, language, tags, attributes, opted_in == "yes" or None, now, now)
            )  # fmt: skip
            if len(rows) == CHUNK:
                cursor.executemany(statement, rows)
                rows = []
    if rows:
        cursor.executemany(statement, rows)
    connection.commit()
    connection.close()


if __name__ == "__main__":
    main()
