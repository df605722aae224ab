"""The members of staff: inviting, roles, links to a new password, disabling."""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services import account_links, users
from campaign_app.services.mail import can_mail
from campaign_app.services.second_factors import turn_off
from campaign_app.web.access import requires
from campaign_app.web.account_links import address_of

blueprint = Blueprint("users", __name__, url_prefix="/settings/users")

ROLE_WORDS = {
    Role.VIEWER: "Viewer: reads",
    Role.STAFF: "Staff: also edits, launches, exports",
    Role.ADMIN: "Admin: also settings, users and tokens",
}


class UserForm(FlaskForm):
    email = StringField("E-mail address", [InputRequired("Enter the e-mail address.")])
    role = SelectField(
        "Role",
        choices=[SelectChoice(str(role), words) for role, words in ROLE_WORDS.items()],
        default="staff",
    )


@blueprint.get("")
@requires(Role.ADMIN)
def index():
    return _page(UserForm())


@blueprint.post("")
@requires(Role.ADMIN, confirmed=True)
def create():
    form = UserForm()
    if form.validate():
        try:
            user = users.create_user(form.email.data, None, form.role.data, current_user.email, utc_now())
        except Invalid as refusal:
            _show_faults(form, refusal)
        else:
            return _hand_over_link(user)
    db.session.rollback()
    return _page(form), 422


@blueprint.get("/<uuid:user_id>")
@requires(Role.ADMIN, confirmed=True)
def show(user_id: UUID):
    return render_template("users/show.html", user=users.find_user(user_id), roles=ROLE_WORDS)


@blueprint.post("/<uuid:user_id>/role")
@requires(Role.ADMIN, confirmed=True)
def change_role(user_id: UUID):
    user = users.find_user(user_id)
    return _change(
        user,
        lambda: users.change_role(user, request.form.get("role", ""), current_user.email, utc_now()),
        "The role",
    )


@blueprint.post("/<uuid:user_id>/disable")
@requires(Role.ADMIN, confirmed=True)
def disable(user_id: UUID):
    user = users.find_user(user_id)
    return _change(user, lambda: users.disable_user(user, current_user.email, utc_now()), "The account")


@blueprint.post("/<uuid:user_id>/enable")
@requires(Role.ADMIN, confirmed=True)
def enable(user_id: UUID):
    user = users.find_user(user_id)
    return _change(user, lambda: users.enable_user(user, current_user.email, utc_now()), "The account")


@blueprint.post("/<uuid:user_id>/second-factor/off")
@requires(Role.ADMIN, confirmed=True)
def forget_second_factor(user_id: UUID):
    user = users.find_user(user_id)
    return _change(user, lambda: turn_off(user, current_user.email, utc_now()), "The second factor")


@blueprint.post("/<uuid:user_id>/link")
@requires(Role.ADMIN, confirmed=True)
def make_link(user_id: UUID):
    return _hand_over_link(users.find_user(user_id))


def _hand_over_link(user: User):
    """By mail where that is possible; else the link stands in this answer only, and in no cookie."""
    address = address_of(account_links.make_link(user, current_user.email, utc_now()))
    db.session.commit()
    if account_links.mail_link(user, address, current_user.email):
        flash(f"A link to choose a password is on its way to {user.email}.", "success")
        return redirect(url_for("users.show", user_id=user.id), 303)
    hours = current_app.config["SETTINGS"].account_link_hours
    return render_template("users/link.html", user=user, address=address, hours=hours, mail_failed=can_mail())


def _page(form: UserForm) -> str:
    return render_template("users/index.html", form=form, users=users.all_users())


def _change(user, change, subject: str):
    try:
        change()
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        flash(refusal.sentence, "danger")
    else:
        db.session.commit()
        flash(f"{subject} of {user.email} is changed.", "success")
    return redirect(url_for("users.show", user_id=user.id), 303)


def _show_faults(form: FlaskForm, refusal: Invalid) -> None:
    for name, sentences in refusal.fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, *sentences]
