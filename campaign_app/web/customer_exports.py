"""All customers as a file, CSV or XLSX, that can be imported again."""

from collections.abc import Iterator

from flask import Blueprint

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_values import COLUMNS, attribute_text
from campaign_app.domain.roles import Role
from campaign_app.services.customer_lists import CustomerSearch, all_attribute_names, every_customer
from campaign_app.web.access import requires
from campaign_app.web.exports import csv_response
from campaign_app.web.workbooks import xlsx_response

blueprint = Blueprint("customer_exports", __name__)

ANSWERS = {True: "yes", False: "no", None: None}


@blueprint.get("/customers.csv")
@requires(Role.STAFF, confirmed=True)
def download():
    names = all_attribute_names()
    filename = f"customers-{utc_now():%Y-%m-%d}.csv"
    return csv_response(_rows(names), [*COLUMNS, *names], filename)


@blueprint.get("/customers.xlsx")
@requires(Role.STAFF, confirmed=True)
def workbook():
    names = all_attribute_names()
    return xlsx_response(_rows(names), [*COLUMNS, *names], f"customers-{utc_now():%Y-%m-%d}.xlsx", {1: 30})


def _rows(names: list[str]) -> Iterator[list[str | None]]:
    for customer in every_customer(CustomerSearch()):
        attributes = customer.attributes or {}
        yield [
            customer.phone_number,
            customer.name,
            customer.customer_tier,
            customer.location,
            customer.language,
            ",".join(customer.tags or []),
            ANSWERS[customer.opted_in],
            *(attribute_text(attributes.get(name)) for name in names),
        ]
