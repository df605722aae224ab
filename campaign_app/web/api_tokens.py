"""The bearer tokens of the JSON API: making one, which is shown once, and revoking."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services import api_tokens
from campaign_app.web.access import requires

blueprint = Blueprint("api_tokens", __name__, url_prefix="/settings/tokens")


class TokenForm(FlaskForm):
    name = StringField("Name", [InputRequired("Give it a name: what uses it.")])
    role = SelectField(
        "Role",
        choices=[
            SelectChoice("viewer", "Viewer: reads"),
            SelectChoice("staff", "Staff: also edits and launches"),
        ],
    )


@blueprint.get("")
@requires(Role.ADMIN, confirmed=True)
def index():
    return _page(TokenForm())


@blueprint.post("")
@requires(Role.ADMIN, confirmed=True)
def create():
    form = TokenForm()
    if form.validate():
        try:
            token, plain = api_tokens.create_token(
                form.name.data, form.role.data, current_user.email, utc_now()
            )
        except Invalid as refusal:
            for name, sentences in refusal.fields.items():
                form[name].errors = [*form[name].errors, *sentences]
        else:
            db.session.commit()
            # Shown in this answer only: it is stored as a hash, and stands in no cookie and no address.
            return render_template("api_tokens/created.html", token=token, plain=plain)
    db.session.rollback()
    return _page(form), 422


@blueprint.post("/<uuid:token_id>/revoke")
@requires(Role.ADMIN, confirmed=True)
def revoke(token_id: UUID):
    token = api_tokens.revoke_token(token_id, current_user.email, utc_now())
    db.session.commit()
    flash(f"The token “{token.name}” is revoked. What used it is refused from now on.", "success")
    return redirect(url_for("api_tokens.index"), 303)


def _page(form: TokenForm) -> str:
    return render_template("api_tokens/index.html", form=form, tokens=api_tokens.all_tokens())
