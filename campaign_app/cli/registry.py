"""Every command, bound to the app on one screen."""

import copy
import functools
from collections.abc import Callable

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.cli.backups import backup_command, restore_command
from campaign_app.cli.counters import verify_counters_command
from campaign_app.cli.customers import import_customers_command
from campaign_app.cli.demo import demo_command
from campaign_app.cli.doctor import doctor_command
from campaign_app.cli.message_templates import sync_templates_command
from campaign_app.cli.sending import process_campaigns_command, run_scheduler_command, why_command
from campaign_app.cli.simulate import simulate_command
from campaign_app.cli.tokens import create_token_command
from campaign_app.cli.users import create_user_command, forget_second_factor_command
from campaign_app.cli.webhooks import apply_webhooks_command
from campaign_app.schema import schema_fault
from config import Settings

COMMANDS = (
    create_user_command,
    forget_second_factor_command,
    create_token_command,
    import_customers_command,
    process_campaigns_command,
    run_scheduler_command,
    why_command,
    apply_webhooks_command,
    sync_templates_command,
    verify_counters_command,
)


def register(app: Flask, create_app: Callable[[Settings], Flask]) -> None:
    """`create_app` is handed over because the demo makes an app of its own, and imports go down."""
    for command in COMMANDS:
        app.cli.add_command(_on_the_database(command, app))
    app.cli.add_command(simulate_command)
    app.cli.add_command(doctor_command)
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command(create_app))
    app.cli.add_command(demo_command(create_app))


def _on_the_database(command: click.Command, app: Flask) -> click.Command:
    """`command`, refused in one line where the database is not at head or fails."""

    @functools.wraps(command.callback)
    def run(*args, **kwargs):
        fault = schema_fault(app)
        if fault:
            raise click.ClickException(fault)
        try:
            return command.callback(*args, **kwargs)
        except SQLAlchemyError as error:
            kind = type(getattr(error, "orig", None) or error).__name__
            raise click.ClickException(f"The database failed ({kind}): try again.") from error

    guarded = copy.copy(command)
    guarded.callback = run
    return guarded
