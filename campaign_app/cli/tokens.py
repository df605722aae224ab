"""`flask create-token`: a bearer token for the JSON API, printed once."""

import click
from flask.cli import with_appcontext

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Refused
from campaign_app.extensions import db
from campaign_app.services.api_tokens import TOKEN_ROLES, create_token


@click.command("create-token")
@click.argument("name")
@click.option(
    "--role", type=click.Choice([str(role) for role in TOKEN_ROLES]), required=True, help="What it may do."
)
@with_appcontext
def create_token_command(name: str, role: str) -> None:
    """Make a token for whatever NAME stands for, and print it. Nobody can read it again."""
    try:
        _, plain = create_token(name, role, "command line", utc_now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    db.session.commit()
    click.echo(plain)
