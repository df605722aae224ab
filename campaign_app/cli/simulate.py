"""`flask simulate`: the Cloud API simulator alone."""

import sys

import click

from campaign_app.simulator.server import main


@click.command(
    "simulate",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def simulate_command(options: tuple[str, ...]) -> None:
    """Run the simulator of WhatsApp's Cloud API (`flask simulate --help` lists its options)."""
    sys.exit(main(options))
