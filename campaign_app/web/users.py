"""The members of staff: adding, roles, passwords, disabling."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services import users
from campaign_app.web import browser_sessions
from campaign_app.web.access import requires

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
    password = PasswordField("Password", [InputRequired("Enter a password.")])


class PasswordForm(FlaskForm):
    password = PasswordField("New password", [InputRequired("Enter a password.")])


@blueprint.get("")
@requires(Role.ADMIN)
def index():
    return _page(UserForm())


@blueprint.post("")
@requires(Role.ADMIN)
def create():
    form = UserForm()
    if form.validate():
        try:
            user = users.create_user(
                form.email.data, form.password.data, form.role.data, current_user.email, utc_now()
            )
        except Invalid as refusal:
            _show_faults(form, refusal)
        else:
            db.session.commit()
            flash(f"{user.email} can sign in now. Hand over the password in person.", "success")
            return redirect(url_for("users.index"), 303)
    db.session.rollback()
    return _page(form), 422


@blueprint.get("/<uuid:user_id>")
@requires(Role.ADMIN)
def show(user_id: UUID):
    return render_template(
        "users/show.html", user=users.find_user(user_id), form=PasswordForm(), roles=ROLE_WORDS
    )


@blueprint.post("/<uuid:user_id>/role")
@requires(Role.ADMIN)
def change_role(user_id: UUID):
    user = users.find_user(user_id)
    return _change(
        user,
        lambda: users.change_role(user, request.form.get("role", ""), current_user.email, utc_now()),
        "The role",
    )


@blueprint.post("/<uuid:user_id>/disable")
@requires(Role.ADMIN)
def disable(user_id: UUID):
    user = users.find_user(user_id)
    return _change(user, lambda: users.disable_user(user, current_user.email, utc_now()), "The account")


@blueprint.post("/<uuid:user_id>/enable")
@requires(Role.ADMIN)
def enable(user_id: UUID):
    user = users.find_user(user_id)
    return _change(user, lambda: users.enable_user(user, current_user.email, utc_now()), "The account")


@blueprint.post("/<uuid:user_id>/password")
@requires(Role.ADMIN)
def set_password(user_id: UUID):
    user, form = users.find_user(user_id), PasswordForm()
    if form.validate():
        try:
            users.set_password(user, form.password.data, current_user.email, utc_now())
        except Invalid as refusal:
            _show_faults(form, refusal)
        else:
            is_own = user.id == current_user.id
            db.session.commit()
            if is_own:
                browser_sessions.begin(user)  # the own browser stays signed in, every other one does not
                db.session.commit()
            flash(f"The password of {user.email} is set; other browsers are signed out.", "success")
            return redirect(url_for("users.show", user_id=user_id), 303)
    db.session.rollback()
    return render_template("users/show.html", user=user, form=form, roles=ROLE_WORDS), 422


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
