"""Whether the database is at the newest migration."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.database import reading
from campaign_app.extensions import db

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def head() -> str:
    """The newest migration that this version of the app brings."""
    return _scripts().get_current_head()


def schema_fault(app: Flask) -> str | None:
    """Why the app must not start on this database, with the command that helps; None when all is well."""
    with app.app_context():
        try:
            with reading(), db.engine.connect() as connection:
                current = ", ".join(MigrationContext.configure(connection).get_current_heads())
        except SQLAlchemyError as error:
            return f"The database cannot be reached ({type(getattr(error, 'orig', None) or error).__name__}): check DATABASE_URL."
        finally:
            db.engine.dispose()
    if current == head():
        return None
    if not current:
        return "The database is empty: run `flask db upgrade` first."
    if current not in {script.revision for script in _scripts().walk_revisions()}:
        return f"The database is at migration {current}, which this version of the app does not know: start a newer version."
    return (
        f"The database is at migration {current}, this version needs {head()}: run `flask db upgrade` first."
    )


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)
