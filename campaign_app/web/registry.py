"""Every blueprint and everything that all pages share, bound to the app on one screen."""

from chartkick.flask import chartkick_blueprint
from flask import Flask

from campaign_app.web import access, clean_input, errors, formatting, headers, health, login, navigation, webhook

SHARED = (errors, headers, access, clean_input, formatting, navigation)

BLUEPRINTS = (
    chartkick_blueprint,  # serves Chart.js from where the package ships it
    login.blueprint,
    webhook.blueprint,
    health.blueprint,
)


def register(app: Flask) -> None:
    """Raises RuntimeError for a view without a role that is not on the public list."""
    for part in SHARED:
        part.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if unguarded := access.unguarded_endpoints(app):
        raise RuntimeError(f"These views name no role (see web/access.py): {', '.join(unguarded)}")
