"""Fixtures of every test: a real app on a real, fresh database, SQLite and PostgreSQL in turn."""

import pytest

from campaign_app.extensions import db
from tests.databases import an_app, fresh_postgresql, fresh_sqlite


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """A fresh database at head. A test that takes it, or `app`, runs once on each kind."""
    return fresh_sqlite(tmp_path) if request.param == "sqlite" else fresh_postgresql()


@pytest.fixture
def app(database_url):
    """The app, inside an application context, with CSRF checks on."""
    app = an_app(database_url)
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def settings(app):
    return app.config["SETTINGS"]
