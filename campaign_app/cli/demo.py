"""`flask demo`: the whole app with made-up customers, against the simulator of WhatsApp, as it runs in production."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable

import click
import requests
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

import config
from campaign_app.cli.demo_shop import PASSWORD, PEOPLE, fill_shop, launch_campaigns
from campaign_app.cli.processes import ROOT, ChildProcesses, CouldNotStart, free_port, is_free
from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.schema import MIGRATIONS

INSTANCE = ROOT / "instance"
READY_SECONDS = 60
FAST = {"PROCESS_INTERVAL_SECONDS": "2", "WEBHOOK_APPLY_INTERVAL_SECONDS": "0.5"}


def demo_command(create_app: Callable[[config.Settings], Flask]) -> click.Command:
    """The command; `create_app` makes the demo's own app, on its own database."""

    @click.command("demo")
    @click.option(
        "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where the pages are."
    )
    @click.option(
        "--customers",
        type=click.IntRange(1, 100_000),
        default=1000,
        show_default=True,
        help="How many people.",
    )
    @click.option("--fast", is_flag=True, help="Shorten the waits: the whole story within a minute.")
    def demo(port: int, customers: int, fast: bool) -> None:
        """Show the app with a made-up shop and a simulated WhatsApp. Ctrl-C stops all of it."""
        if not is_free(port):
            raise click.ClickException(
                f"Port {port} is in use. Choose another one: flask demo --port {port + 1}"
            )
        INSTANCE.mkdir(exist_ok=True)
        environ = _environ(port, free_port(), fast)
        for name in ("demo.db", "demo.db-wal", "demo.db-shm", "demo.log"):
            (INSTANCE / name).unlink(missing_ok=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        app = create_app(config.load_settings(environ))
        with app.app_context(), ChildProcesses() as children:
            try:
                upgrade(directory=str(MIGRATIONS))
                _start(children, environ, port, fast)
                _tell_story(children, customers, port)
            except CouldNotStart as error:
                raise click.ClickException(f"{error} See {INSTANCE / 'demo.log'}") from None
            except KeyboardInterrupt:
                click.echo("\nStopping …")
            finally:
                db.session.remove()

    return demo


def _environ(port: int, simulator_port: int, fast: bool) -> dict[str, str]:
    """The settings of the demo: nothing of the surroundings but the paths of this machine."""
    keep = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "LANG", "TZ", "VIRTUAL_ENV")
    }
    return {
        **keep,
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": f"sqlite:///{INSTANCE / 'demo.db'}",
        "SECRET_KEY": secrets.token_hex(32),
        "WHATSAPP_API_URL": f"http://127.0.0.1:{simulator_port}",
        "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
        "WHATSAPP_ACCESS_TOKEN": secrets.token_hex(16),
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_hex(16),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DEFAULT_COUNTRY": "IN",
        "BUSINESS_TIMEZONE": "Asia/Kolkata",
        "PROCESS_INTERVAL_SECONDS": "10",
        "WEB_CONCURRENCY": "2",
        "SIMULATOR_PORT": str(simulator_port),
        **(FAST if fast else {}),
    }


def _start(children: ChildProcesses, environ: dict[str, str], port: int, fast: bool) -> None:
    log = INSTANCE / "demo.log"
    simulator = f"http://127.0.0.1:{environ['SIMULATOR_PORT']}"
    options = {
        "port": environ["SIMULATOR_PORT"],
        "access-token": environ["WHATSAPP_ACCESS_TOKEN"],
        "app-secret": environ["WHATSAPP_APP_SECRET"],
        "verify-token": environ["WHATSAPP_VERIFY_TOKEN"],
        "phone-number-id": environ["WHATSAPP_PHONE_NUMBER_ID"],
        "business-account-id": environ["WHATSAPP_BUSINESS_ACCOUNT_ID"],
        "messaging-limit": "TIER_100K",
        "webhook-url": f"http://127.0.0.1:{port}/webhook/whatsapp",
        "duplicate-rate": "0.05",
        "disorder-rate": "0.05",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)] + (
        ["--fast"] if fast else []
    )
    children.start("simulator", [sys.executable, "-m", "campaign_app.simulator", *arguments], environ, log)
    children.wait_until(lambda: _answers(f"{simulator}/_simulator/counts"), READY_SECONDS)
    server = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "gunicorn.conf.py",
        "wsgi:app",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    children.start("app", server, environ, log)
    children.wait_until(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS)


def _tell_story(children: ChildProcesses, customers: int, port: int) -> None:
    fill_shop(INSTANCE / "demo-customers.csv", customers)
    campaign_id = launch_campaigns(customers)
    click.echo(f"\nCampaign App is on   http://127.0.0.1:{port}/campaigns/{campaign_id}")
    for email, role in PEOPLE:
        click.echo(f"Sign in as {role:<7}   {email}   password: {PASSWORD}")
    click.echo("Ctrl-C stops the app and the simulator.\n")
    shown = None
    while True:
        children.check()
        line = _progress(campaign_id)
        if line != shown:
            click.echo(line)
            shown = line
        time.sleep(2)


def _progress(campaign_id) -> str:
    with reading():
        row = db.session.execute(
            select(
                Campaign.name, Campaign.status, Campaign.messages_sent, Campaign.messages_delivered, Campaign.messages_read,
                Campaign.messages_failed, Campaign.messages_pending, Campaign.messages_unconfirmed,
            ).where(Campaign.id == campaign_id)
        ).one()  # fmt: skip
        db.session.rollback()
    name, status, sent, delivered, read, failed, pending, unconfirmed = row
    return (
        f"{name} ({status}): {sent} sent, {delivered} delivered, {read} read, {failed} failed, {pending} pending, "
        f"{unconfirmed} not confirmed"
    )


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False
