"""`flask apply-webhooks`: apply what waits in the inbox, now."""

import click
from flask.cli import with_appcontext

from campaign_app.services.webhook_batches import apply_waiting


@click.command("apply-webhooks")
@with_appcontext
def apply_webhooks_command() -> None:
    """Apply the stored webhooks that wait."""
    applied = 0
    while taken := apply_waiting():
        applied += taken
    click.echo(f"{applied} webhooks applied.")
