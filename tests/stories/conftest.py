"""What the stories share: the simulator, the tests' own view of the database, and the port of the server that they break."""

import pytest

from campaign_app.extensions import db
from tests.engine import RunningSimulator, an_app_on
from tests.server_process import free_port


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def simulator_options() -> dict:
    """What a story's simulator does otherwise."""
    return {}


@pytest.fixture
def app_settings() -> dict[str, str]:
    """What a story's app has set otherwise."""
    return {}


@pytest.fixture
def simulator(port, simulator_options):
    url = f"http://127.0.0.1:{port}/webhook/whatsapp"
    options = {"webhook_url": url, "latency": "0.02-0.1", "messaging_limit": "TIER_100K", **simulator_options}
    with RunningSimulator(**options) as running:
        yield running


@pytest.fixture
def app(simulator, database_url, app_settings):
    """The tests' own view of the database; in most stories the sending is done by gunicorn."""
    app = an_app_on(simulator, database_url, **app_settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
