"""Signs of life for whoever watches the server."""

from flask import Blueprint

from campaign_app.domain.clock import utc_now
from campaign_app.schema import head
from campaign_app.services.health import unwell

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive():
    """200 while the process serves."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def ready():
    """200 when database, migrations and scheduler are well, else 503 with the names of what is not."""
    faults = unwell(head(), utc_now())
    return ({"status": "unwell", "unwell": faults}, 503) if faults else {"status": "ok", "unwell": []}
