"""The commands of the sender: process now, run the timed jobs alone, say why a campaign waits."""

import signal
import threading
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Refused
from campaign_app.extensions import db
from campaign_app.scheduler import Scheduler
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.number import request_run
from campaign_app.services.sender import Sender
from campaign_app.services.why_waiting import why_waiting


@click.command("process-campaigns")
@with_appcontext
def process_campaigns_command() -> None:
    """Process the due campaigns now, under the same rules as the timed run."""
    try:
        cloud_api()
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    lease = LeaseHolder(SENDER_LEASE, current_app.config["SETTINGS"].lease_seconds)
    due = request_run(utc_now())
    db.session.commit()
    if not lease.hold():
        click.echo(f"{due} campaigns are due. The app that is running has been asked to process them.")
        return
    sender = Sender(lease)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sender.stop())
    try:
        sender.run()
    finally:
        lease.release()
    click.echo(f"{due} campaigns were due; what could be sent now is sent.")


@click.command("run-scheduler")
@with_appcontext
def run_scheduler_command() -> None:
    """Run the timed jobs alone, without web pages, until SIGTERM or Ctrl-C."""
    app = current_app._get_current_object()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    scheduler = Scheduler(app)
    scheduler.start()
    click.echo("The timed jobs are running.")
    stopped.wait()
    scheduler.stop()


@click.command("why")
@click.argument("campaign_id", type=click.UUID)
@with_appcontext
def why_command(campaign_id: UUID) -> None:
    """Say why a campaign is not sending, and until when."""
    now = utc_now()
    try:
        campaign = find_campaign(campaign_id)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    waiting = why_waiting(campaign, now)
    if waiting is not None:
        until = (
            f" Until {waiting.until.astimezone(current_app.config['SETTINGS'].zone):%Y-%m-%d %H:%M %Z}."
            if waiting.until
            else ""
        )
        click.echo(f"{waiting.reason}: {waiting.message}{until}")
    elif campaign.status == "active":
        click.echo(f"It is sending: {campaign.messages_pending:,} to go.")
    elif campaign.status == "completed" and not campaign.messages_pending:
        click.echo("It is completed: nothing is left to send.")
    else:
        click.echo(f"It is {campaign.status}. {campaign.status_reason or ''}".strip())
