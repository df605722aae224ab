"""`flask sync-templates`: read the message templates from WhatsApp."""

import click
from flask.cli import with_appcontext

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Refused
from campaign_app.extensions import db
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.message_templates import sync_templates


@click.command("sync-templates")
@with_appcontext
def sync_templates_command() -> None:
    """Make the list of message templates equal to WhatsApp's."""
    try:
        synced = sync_templates(cloud_api(), utc_now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    db.session.commit()
    click.echo(
        f"{synced.total} message templates: {synced.added} new, {synced.changed} changed, {synced.removed} gone."
    )
