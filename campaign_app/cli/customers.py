"""`flask import-customers`: customers from a file."""

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Refused
from campaign_app.extensions import db
from campaign_app.services.audit import record
from campaign_app.services.customer_import import MOST_LISTED, ImportReport, import_customers


@click.command("import-customers")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@with_appcontext
def import_customers_command(file: Path, dry_run: bool) -> None:
    """Add and change customers from FILE, a CSV or XLSX file with a column of phone numbers.

    Rows that cannot be taken are told with their line and reason; all others are kept.
    """
    now = utc_now()
    country = current_app.config["SETTINGS"].default_country
    try:
        with file.open("rb") as content:
            report = import_customers(content, country, dry_run, file.name, now)
        if dry_run:
            db.session.rollback()
        else:
            counts = {
                name: getattr(report, name) for name in ("added", "changed", "unchanged", "refused_count")
            }
            details = {"file": file.name, **counts}
            record("command line", "customers.imported", "customers", None, details, now)
            db.session.commit()
    except Refused as refusal:
        db.session.rollback()
        raise click.ClickException(refusal.sentence) from None
    except OperationalError:
        db.session.rollback()
        raise click.ClickException("The database is busy or cannot be written to: try again.") from None
    _tell(report)


def _tell(report: ImportReport) -> None:
    if report.dry_run:
        click.echo("Nothing was changed (--dry-run). An import would give:")
    for words, count in (
        ("rows read", report.rows),
        ("added", report.added),
        ("changed", report.changed),
        ("left alone", report.unchanged),
        ("repeated in the file, merged", report.duplicates),
        ("refused", report.refused_count),
        ("empty lines", report.empty),
    ):
        click.echo(f"{count:>9,}  {words}")
    if report.kept_refusals:
        click.echo(f"{report.kept_refusals:>9,}  said no before and stay so, though the file says yes")
    for row in report.duplicate_rows:
        click.echo(f"line {row.line}: repeats the number of line {row.first_line}, merged")
    for row in report.refused:
        click.echo(f"line {row.line}: “{row.value}”: {row.reason}")
    unlisted = report.refused_count - len(report.refused)
    if unlisted > 0:
        click.echo(f"… and {unlisted:,} more refused ({MOST_LISTED:,} are listed).")
    sys.stdout.flush()
