"""Every command, bound to the app on one screen."""

from collections.abc import Callable

from flask import Flask

from campaign_app.cli.counters import verify_counters_command
from campaign_app.cli.customers import import_customers_command
from campaign_app.cli.demo import demo_command
from campaign_app.cli.message_templates import sync_templates_command
from campaign_app.cli.sending import process_campaigns_command, run_scheduler_command, why_command
from campaign_app.cli.simulate import simulate_command
from campaign_app.cli.tokens import create_token_command
from campaign_app.cli.users import create_user_command
from campaign_app.cli.webhooks import apply_webhooks_command
from config import Settings

COMMANDS = (
    create_user_command,
    create_token_command,
    import_customers_command,
    process_campaigns_command,
    run_scheduler_command,
    why_command,
    apply_webhooks_command,
    sync_templates_command,
    verify_counters_command,
    simulate_command,
)


def register(app: Flask, create_app: Callable[[Settings], Flask]) -> None:
    """`create_app` is handed over because the demo makes an app of its own, and imports go down."""
    for command in COMMANDS:
        app.cli.add_command(command)
    app.cli.add_command(demo_command(create_app))
