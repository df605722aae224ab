"""The customers: list and search, one of them, adding, editing, forgetting."""

import re
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.phone import parse_phone
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.audience_choices import audience_choices
from campaign_app.services.audit import record
from campaign_app.services.consents import consent_history, messages_to
from campaign_app.services.customer_lists import CustomerSearch, count_customers, list_customers
from campaign_app.services.customers import (
    delete_customer,
    find_by_phone,
    find_customer,
    read_number,
    save_customer,
)
from campaign_app.services.erasure import erase_customer
from campaign_app.services.opt_outs import holding_opt_outs
from campaign_app.web.access import requires
from campaign_app.web.customer_forms import CustomerForm
from campaign_app.web.opt_outs import KINDS
from campaign_app.web.paging import read_id

blueprint = Blueprint("customers", __name__, url_prefix="/customers")

PAGE = 50
MOST_COUNTED = 5000  # the page costs the same with a million customers
MOST_LOOKED_AT = 1000  # for the values that can be picked
MESSAGES_SHOWN = 50
_LOOKS_LIKE_A_NUMBER = re.compile(r"[\d\s+().\-/]*\d[\d\s+().\-/]*\d[\d\s+().\-/]*\d[\d\s+().\-/]*")


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    search = CustomerSearch(
        name=_asked("name"), tier=_asked("tier"), location=_asked("location"), tag=_asked("tag")
    )
    after = read_id(request.args.get("after"))
    return _list(search, after)


@blueprint.post("/search")
@requires(Role.VIEWER)
def search():
    """A name goes into the address of the list; a phone number never does: its people are the answer itself."""
    text = request.form.get("search", "").strip()[:100]
    filters = {name: request.form.get(name) or None for name in ("tier", "location", "tag")}
    if not _LOOKS_LIKE_A_NUMBER.fullmatch(text):
        return redirect(url_for("customers.index", name=text or None, **filters), 303)
    db.session.rollback()  # this POST only reads: let no writer wait
    with reading():
        customer = _with_number(text)
        if customer is not None:
            return redirect(url_for("customers.show", customer_id=customer.id), 303)
        return _list(CustomerSearch(digits=re.sub(r"\D", "", text).lstrip("0"), **filters), None, text)


@blueprint.get("/new")
@requires(Role.STAFF)
def new():
    return render_template("customers/edit.html", form=CustomerForm(), customer=None)


@blueprint.post("/new")
@requires(Role.STAFF)
def create():
    form = CustomerForm()
    if form.validate():
        country = current_app.config["SETTINGS"].default_country
        try:
            number = read_number(form.phone_number.data, country)
            if find_by_phone(number) is not None:
                raise Invalid("", {"phone_number": ["There is a customer with this number already."]})
            customer, _ = save_customer(number, form.values(), country, _source(), utc_now())
        except Invalid as refusal:
            form.show_faults(refusal)
        else:
            record(current_user.email, "customer.added", "customer", customer.id, None, utc_now())
            db.session.commit()
            flash("The customer is added.", "success")
            return redirect(url_for("customers.show", customer_id=customer.id), 303)
    db.session.rollback()
    return render_template("customers/edit.html", form=form, customer=None), 422


@blueprint.get("/<uuid:customer_id>")
@requires(Role.VIEWER)
def show(customer_id: UUID):
    customer = find_customer(customer_id)
    messages = messages_to(customer.phone_number, MESSAGES_SHOWN + 1)
    return render_template(
        "customers/show.html",
        customer=customer,
        opt_outs=holding_opt_outs(customer.phone_number),
        history=consent_history(customer.phone_number),
        messages=messages[:MESSAGES_SHOWN],
        has_more=len(messages) > MESSAGES_SHOWN,
        kinds=KINDS,
    )


@blueprint.get("/<uuid:customer_id>/edit")
@requires(Role.STAFF)
def edit(customer_id: UUID):
    customer = find_customer(customer_id)
    form = CustomerForm()
    form.take(customer)
    return render_template("customers/edit.html", form=form, customer=customer)


@blueprint.post("/<uuid:customer_id>/edit")
@requires(Role.STAFF)
def save(customer_id: UUID):
    customer = find_customer(customer_id)
    form = CustomerForm()
    form.phone_number.data = customer.phone_number  # who it is cannot be edited
    if form.validate():
        try:
            save_customer(customer.phone_number, form.values(customer), None, _source(), utc_now())
        except Invalid as refusal:
            form.show_faults(refusal)
        else:
            record(current_user.email, "customer.edited", "customer", customer.id, None, utc_now())
            db.session.commit()
            flash("The changes are saved.", "success")
            return redirect(url_for("customers.show", customer_id=customer_id), 303)
    db.session.rollback()
    return render_template("customers/edit.html", form=form, customer=customer), 422


@blueprint.post("/<uuid:customer_id>/delete")
@requires(Role.STAFF)
def delete(customer_id: UUID):
    delete_customer(find_customer(customer_id).phone_number)
    record(current_user.email, "customer.deleted", "customer", customer_id, None, utc_now())
    db.session.commit()
    flash("The customer is deleted. Opt-outs of the number still hold.", "success")
    return redirect(url_for("customers.index"), 303)


@blueprint.post("/<uuid:customer_id>/erase")
@requires(Role.STAFF)
def erase(customer_id: UUID):
    """Everywhere and for good; deleting leaves what campaigns keep."""
    actor = current_user.email
    db.session.rollback()
    erase_customer(customer_id, actor, utc_now())
    flash(
        "The person is erased. Nobody can write to the number by mistake: only a keyed hash of it is left.",
        "success",
    )
    return redirect(url_for("customers.index"), 303)


def _list(search: CustomerSearch, after: UUID | None, number: str | None = None) -> str:
    page = list_customers(search, after, PAGE)
    return render_template(
        "customers/index.html",
        customers=page.customers,
        next_after=page.next_after,
        is_first=after is None,
        search=search,
        number=number,
        total=count_customers(search, MOST_COUNTED + 1),
        most_counted=MOST_COUNTED,
        choices=audience_choices(looked_at=MOST_LOOKED_AT),
    )


def _with_number(text: str):
    try:
        return find_by_phone(parse_phone(text, current_app.config["SETTINGS"].default_country))
    except Invalid:
        return None


def _asked(name: str) -> str | None:
    return request.args.get(name, "").strip()[:200] or None


def _source() -> str:
    return f"entered by {current_user.email}"
