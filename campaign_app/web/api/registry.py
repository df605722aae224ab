"""The API under /api/marketing: every resource, the gate before them, and what all of them share."""

from flask import Blueprint, Flask

from campaign_app.domain.errors import Refused
from campaign_app.extensions import csrf
from campaign_app.web.access import ROLE_ATTRIBUTE
from campaign_app.web.api import (
    authentication,
    campaign_verbs,
    campaigns,
    customers,
    docs,
    idempotency,
    number,
    opt_outs,
    process,
    rates,
    recipients,
    stats,
)
from campaign_app.web.api.converters import PhoneNumberConverter
from campaign_app.web.api.errors import NotJson
from campaign_app.web.api.openapi import PREFIX
from campaign_app.web.api.operations import ATTRIBUTE
from campaign_app.web.errors import answer

RESOURCES = (campaigns, campaign_verbs, recipients, stats, process, number, customers, opt_outs, docs)

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
blueprint.before_request(authentication.gate)
blueprint.before_request(idempotency.answer_again)
blueprint.after_request(rates.tell_rate)
blueprint.register_error_handler(Refused, idempotency.refused)
blueprint.register_error_handler(NotJson, lambda fault: answer(400, fault.sentence))
for resource in RESOURCES:
    csrf.exempt(resource.blueprint)  # a browser never sends a bearer token by itself
    blueprint.register_blueprint(resource.blueprint)


def register(app: Flask) -> None:
    """Raises RuntimeError for a view without a role or a description that is not open to everybody."""
    app.url_map.converters["phone"] = PhoneNumberConverter
    app.register_blueprint(blueprint)
    if unguarded := unguarded_endpoints(app):
        raise RuntimeError(f"These views of the API name no role or no operation: {', '.join(unguarded)}")


def unguarded_endpoints(app: Flask) -> list[str]:
    return sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint.split(".")[0] == blueprint.name
        and not getattr(view, authentication.OPEN_ATTRIBUTE, False)
        and not (hasattr(view, ROLE_ATTRIBUTE) and hasattr(view, ATTRIBUTE))
    )
