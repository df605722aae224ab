"""`flask create-user`: the first admin, and everybody after; `flask forget-second-factor`."""

import sys

import click
from flask.cli import with_appcontext

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Refused
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.second_factors import turn_off
from campaign_app.services.users import create_user, find_user_by_email


@click.command("create-user")
@click.argument("email")
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), required=True, help="What the person may do."
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
)
@with_appcontext
def create_user_command(email: str, role: str, password_stdin: bool) -> None:
    """Add a member of staff who can sign in with EMAIL."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt(
            "Password (at least 12 signs)", hide_input=True, confirmation_prompt="Once more"
        )
    try:
        user = create_user(email, password, role, "command line", utc_now())
    except Refused as refusal:
        raise click.ClickException(" ".join(_sentences(refusal))) from None
    db.session.commit()
    click.echo(f"{user.email} can sign in now, as {user.role}.")


@click.command("forget-second-factor")
@click.argument("email")
@with_appcontext
def forget_second_factor_command(email: str) -> None:
    """Turn off the second factor of EMAIL, who lost the phone and the recovery codes."""
    user = find_user_by_email(email)
    if user is None:
        raise click.ClickException("There is no user with this address.")
    turn_off(user, "command line", utc_now())
    db.session.commit()
    click.echo(f"The password alone signs {user.email} in now.")


def _sentences(refusal: Refused) -> list[str]:
    found = [sentence for sentences in refusal.fields.values() for sentence in sentences]
    return found or [refusal.sentence]
