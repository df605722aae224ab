"""The steps of the import wizard, as staff take them."""

import io

from sqlalchemy import func, select

from campaign_app.extensions import db
from campaign_app.models.customer import Customer
from campaign_app.models.customer_import import CustomerImport
from campaign_app.services.import_runs import run_imports
from tests.customers_made import a_number

LIST = f"Mobile No.;Name\n{a_number(1)};Asha\n9.19876E+11;=1+1\n\n{a_number(1)};Asha Rao\n{a_number(2)};Uma\n".encode()


def upload(client, content: bytes, name: str = "list.csv", status: int = 303) -> str:
    """The address of the import."""
    answer = client.post("/customers/import", {"file": (io.BytesIO(content), name)}, status=status)
    return answer.location if status == 303 else answer.text


def checked(client, content: bytes, columns: dict | None = None, **options) -> str:
    """Upload, choose the columns (as guessed where they are not given), and read the file; the address of the import."""
    address = upload(client, content, **options)
    choose(client, address, **(columns or as_guessed()))
    work()
    return address


def as_guessed() -> dict:
    one = the_import()
    uses = {f"column-{place}": use["field"] for place, use in enumerate(one.uses)}
    names = {f"name-{place}": use["name"] for place, use in enumerate(one.uses)}
    return {**uses, **names, "country": one.country or ""}


def choose(client, address: str, status: int = 303, **columns):
    return client.post(f"{address}/columns", columns, status=status)


def work() -> None:
    """What the timed job does, until nothing is left."""
    while run_imports():
        pass
    db.session.expire_all()


def the_import() -> CustomerImport:
    db.session.rollback()
    return db.session.scalars(select(CustomerImport).order_by(CustomerImport.created_at.desc())).first()


def how_many() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Customer))
