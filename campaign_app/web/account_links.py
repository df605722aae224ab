"""Choosing a password by a link that works once, and asking for such a link."""

from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.extensions import db
from campaign_app.services import account_links
from campaign_app.services.account_links import LinkGone
from campaign_app.services.mail import can_mail
from campaign_app.services.users import find_user_by_email
from campaign_app.web.errors import answer

blueprint = Blueprint("account_links", __name__, url_prefix="/password")

GONE = "This link was used before, or has run out. Ask for a new one."

# The answer must take as long for an address that has an account as for one that has none. Threads start with the first use.
_mailing = ThreadPoolExecutor(1, "reset-mail")


class ChosenPasswordForm(FlaskForm):
    password = PasswordField("New password", [InputRequired("Enter a password.")])


@blueprint.get("/forgotten")
def forgotten():
    return render_template("account_links/forgotten.html", can_mail=_mails_links())


@blueprint.post("/forgotten")
def ask():
    email = request.form.get("email", "")[:254]
    if _mails_links():
        _mailing.submit(_mail_link, current_app._get_current_object(), email)
    flash("If there is an account with this address, a link is on its way to it.", "success")
    return redirect(url_for("login.show"), 303)


@blueprint.get("/<key>")
def show(key: str):
    try:
        user = account_links.owner_of_link(key, utc_now())
    except LinkGone:
        return answer(410, GONE)
    return render_template("account_links/show.html", key=key, email=user.email, form=ChosenPasswordForm())


@blueprint.post("/<key>")
def use(key: str):
    form = ChosenPasswordForm()
    try:
        user = account_links.owner_of_link(key, utc_now())
        if form.validate():
            account_links.use_link(key, form.password.data, utc_now())
            flash("Your password is set. Sign in with it.", "success")
            return redirect(url_for("login.show"), 303)
    except LinkGone:
        return answer(410, GONE)
    except Invalid as refusal:
        form.password.errors = refusal.fields["password"]
    page = render_template("account_links/show.html", key=key, email=user.email, form=form)
    db.session.rollback()
    return page, 422


def address_of(key: str) -> str:
    """The whole address, for a mail or to be handed over."""
    public_url = current_app.config["SETTINGS"].public_url
    path = url_for("account_links.show", key=key)
    return f"{public_url or request.url_root.rstrip('/')}{path}"


def _mails_links() -> bool:
    """Only with a known address of our own: a stranger's request must not decide where a mailed link leads to."""
    return can_mail() and current_app.config["SETTINGS"].public_url is not None


def _mail_link(app: Flask, email: str) -> None:
    with app.app_context():
        now, user = utc_now(), find_user_by_email(email)
        if user is not None and account_links.may_ask_for_link(user, now):
            key = account_links.make_link(user, user.email, now)
            db.session.commit()
            address = f"{app.config['SETTINGS'].public_url}{blueprint.url_prefix}/{key}"
            account_links.mail_link(user, address, user.email)
        db.session.remove()
