"""Fixtures of every test: a real app on a real, fresh database, SQLite and PostgreSQL in turn."""

import pytest
from hypothesis import settings as hypothesis_settings

from campaign_app.extensions import db
from tests.databases import an_app, fresh_postgresql, fresh_sqlite

# Machines are shared: no test fails for being slow. What fails prints how to get it again.
hypothesis_settings.register_profile("ours", deadline=None, print_blob=True)
hypothesis_settings.load_profile("ours")


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
