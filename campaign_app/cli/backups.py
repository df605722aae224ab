"""`flask backup` and `flask restore`: a copy of the whole database, and back again with sending held until an admin agrees."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

import config
from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Refused
from campaign_app.extensions import db
from campaign_app.schema import MIGRATIONS, schema_fault
from campaign_app.services import audit, backups
from campaign_app.services.leases import holders
from campaign_app.services.restored_copy import mark_restored

HELD = "Nothing is sent from it yet: start the app, sign in as an admin, and read on top of any page what is known and what is not."


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup_command(file: Path) -> None:
    """Copy the whole database to FILE while the app goes on. The copy holds personal data: only you can read it."""
    file = file.absolute()
    try:
        if _is_sqlite():
            database = Path(db.engine.url.database)
            if not database.exists():
                raise Conflict("There is no database yet: run `flask db upgrade` first.")
            backups.copy_sqlite(database, file, utc_now())
        else:
            backups.dump_postgresql(db.engine.url, file)
    except (Refused, OSError, sqlite3.Error) as error:
        raise click.ClickException(_words(error)) from None
    _note_backup(file)
    click.echo(
        f"{file} holds the whole database ({file.stat().st_size / 10**6:,.1f} MB). Restore it with: flask restore {file}"
    )


def _note_backup(file: Path) -> None:
    """Who took a copy of everything stands in the audit trail; tables of another version do not hinder a copy."""
    try:
        audit.record("command line", "database.backed_up", "database", None, {"file": file.name}, utc_now())
        db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()


def restore_command(create_app: Callable[[config.Settings], Flask]) -> click.Command:
    """The command; `create_app` makes an app on the copy, to migrate and mark it before it takes the database's place."""

    @click.command("restore")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    @with_appcontext
    def restore(file: Path) -> None:
        """Put the copy in FILE in the place of the database. Stop the app before. Sending waits until an admin agrees."""
        try:
            _refuse_while_running()
            kept = _restore_sqlite(file, create_app) if _is_sqlite() else _restore_postgresql(file)
        except (Refused, OSError, sqlite3.Error) as error:
            raise click.ClickException(_words(error)) from None
        if kept is not None:
            click.echo(f"What was there is kept as {kept}")
        click.echo(f"{file} is restored. {HELD}")

    return restore


def _restore_sqlite(file: Path, create_app: Callable[[config.Settings], Flask]) -> Path | None:
    database, now = Path(db.engine.url.database), utc_now()
    db.engine.dispose()
    database.parent.mkdir(parents=True, exist_ok=True)
    modified_at = datetime.fromtimestamp(file.stat().st_mtime, now.tzinfo) if file.exists() else now
    aside = backups.prepare_sqlite(file, database)
    try:
        app = create_app(replace(current_app.config["SETTINGS"], database_url=f"sqlite:///{aside}"))
        with app.app_context():
            _bring_to_head(app)
            mark_restored(modified_at, now)
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        return backups.put_in_place(aside, database, now)
    finally:
        backups.drop_sqlite(aside)


def _restore_postgresql(file: Path) -> None:
    if tables := inspect(db.engine).get_table_names():
        name = db.engine.url.database
        raise Conflict(
            f"The database “{name}” is not empty ({len(tables)} tables). Make a new one (createdb NAME), let DATABASE_URL name it, and "
            "run this again: nothing is overwritten."
        )
    backups.restore_postgresql(db.engine.url, file)
    app, now = current_app._get_current_object(), utc_now()
    _bring_to_head(app)
    # Out of a dump the tables have other numbers, and so are on hold already; only the time is not in it.
    mark_restored(datetime.fromtimestamp(file.stat().st_mtime, now.tzinfo), now)
    db.session.commit()


def _bring_to_head(app: Flask) -> None:
    """Raises Conflict where the copy is of a newer version."""
    fault = schema_fault(app)
    if fault and "flask db upgrade" not in fault:
        raise Conflict(fault)
    upgrade(directory=str(MIGRATIONS))


def _refuse_while_running() -> None:
    """Raises Conflict while somebody holds a lease in the database that is to be replaced."""
    if _is_sqlite() and not Path(db.engine.url.database).exists():
        return
    try:
        with reading():
            running = holders(utc_now())
    except SQLAlchemyError:
        running = []  # it is damaged, empty, or away: that is why it is replaced
    finally:
        db.session.rollback()
        db.session.remove()
    if running:
        raise Conflict(
            f"The app is running ({', '.join(running)}). Stop it on every machine, then run this again."
        )


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _words(error: Exception) -> str:
    if isinstance(error, Refused):
        return error.sentence
    if isinstance(error, OSError):
        return f"{error.filename or 'The file'}: {error.strerror}."
    return f"SQLite says: {error}."
