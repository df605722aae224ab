"""`flask doctor`: what is right and wrong with this installation, line by line, and what to do."""

import os
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.finding import Finding, Verdict, note, wrong
from campaign_app.extensions import db
from campaign_app.schema import schema_fault
from campaign_app.services.database_checks import check_database, check_disk
from campaign_app.services.number import drop_stop, sending_number
from campaign_app.services.operation_checks import (
    check_clock,
    check_mail,
    check_scheduler,
    check_settings,
    check_webhooks,
)
from campaign_app.services.restored_copy import restored_copy
from campaign_app.services.whatsapp_checks import Examination, examine_whatsapp
from config import setting_faults

COLOURS = {Verdict.WELL: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "red"}
WIDTH = 110


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Say what is right and wrong with this installation, and what to do. Exit 1 if anything is wrong."""
    fault = schema_fault(current_app._get_current_object())
    found = list(_show(check_settings()))
    found += _show(check_database(fault))
    found += _show(check_disk())
    examination = examine_whatsapp(utc_now())
    found += _show(examination.findings)
    found += _show(_asked("clock", lambda: check_clock(examination.asked_at, examination.clock)))
    if fault is None:
        found += _show(_asked("restored copy", _check_copy))
        found += _show(_asked("scheduler", lambda: check_scheduler(utc_now())))
        found += _show(_asked("last webhook", lambda: check_webhooks(utc_now())))
        found += _show(_asked("number", lambda: _check_stop(examination), only_reads=False))
    found += _show(check_mail())
    _conclude(found)


def show_setting_faults(environ: Mapping[str, str] = os.environ) -> None:
    """Every setting that cannot be used, in the doctor's lines; without them nothing else can be looked at."""
    for fault in setting_faults(environ):
        click.echo(_line(wrong("settings", str(fault), "")))
    click.echo("\nThe rest is looked at when the settings can be read.")


def _check_copy() -> Iterator[Finding]:
    if restored_copy() is not None:
        sentence = "This is a restored copy: nothing is sent from it."
        yield wrong("restored copy", sentence, "An admin reads on any page what is known, and lets it go on.")


def _check_stop(examination: Examination) -> Iterator[Finding]:
    """A number that was stopped goes on by itself when WhatsApp says that it may send."""
    number = sending_number()
    stopped_at, reason = number.stopped_at, number.stopped_reason
    db.session.rollback()
    if stopped_at is None:
        return
    if not examination.may_send:
        advice = "Settle what is wrong above; then run this again, or click “Resume the number”."
        yield wrong("number", f"Sending is stopped: {reason}", advice)
        return
    drop_stop(utc_now(), "flask doctor found it well")
    db.session.commit()
    yield note(
        "number",
        f"Sending was stopped ({reason}). WhatsApp says that the number may send, so it goes on now.",
    )


def _asked(topic: str, check: Callable[[], Iterable[Finding]], only_reads: bool = True) -> list[Finding]:
    """What `check` finds; a database that fails in between is a finding too."""
    try:
        with reading() if only_reads else nullcontext():
            return list(check())
    except SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        return [wrong(topic, f"The database does not tell ({kind}).", "See the line of the database.")]
    finally:
        db.session.rollback()


def _show(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Print each as soon as it is known: WhatsApp may take its time to answer."""
    for finding in findings:
        click.echo(_line(finding))
        yield finding


def _line(finding: Finding) -> str:
    mark = click.style(
        f"{finding.verdict:<5}", fg=COLOURS[finding.verdict], bold=finding.verdict is Verdict.WRONG
    )
    line = f"{mark}  {finding.topic:<12}  {finding.sentence}"
    if not finding.advice:
        return line
    return (
        line
        + "\n"
        + textwrap.fill(finding.advice, WIDTH, initial_indent=" " * 21 + "→ ", subsequent_indent=" " * 23)
    )


def _conclude(found: list[Finding]) -> None:
    faults = sum(finding.verdict is Verdict.WRONG for finding in found)
    notes = sum(finding.verdict is Verdict.NOTE for finding in found)
    click.echo("")
    if faults:
        raise click.ClickException(f"{faults} of {len(found)} findings are wrong, {notes} are worth a look.")
    click.echo(f"Nothing is wrong. {notes} of {len(found)} findings are worth a look.")
