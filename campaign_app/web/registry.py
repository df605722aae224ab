"""Every blueprint and everything that all pages share, bound to the app on one screen."""

from chartkick.flask import chartkick_blueprint
from flask import Flask

from campaign_app.web import (
    access,
    account,
    account_links,
    api_tokens,
    audit,
    audit_marks,
    campaign_archives,
    campaign_audiences,
    campaign_checks,
    campaign_comparisons,
    campaign_failures,
    campaign_forms,
    campaign_lifecycle,
    campaign_messages,
    campaign_times,
    campaigns,
    clean_input,
    confirmation,
    customer_exports,
    customer_imports,
    customers,
    data_protection,
    errors,
    failure_exports,
    formatting,
    headers,
    health,
    home,
    login,
    login_code,
    media,
    message_templates,
    navigation,
    number,
    opt_outs,
    recipient_exports,
    recipients,
    restored_copy,
    second_factor,
    segments,
    settings,
    users,
    webhook,
    webhooks,
)
from campaign_app.web.api import registry as api

SHARED = (errors, headers, audit_marks, access, clean_input, formatting, navigation)

BLUEPRINTS = (
    chartkick_blueprint,  # serves Chart.js from where the package ships it
    login.blueprint,
    login_code.blueprint,
    account.blueprint,
    second_factor.blueprint,
    confirmation.blueprint,
    account_links.blueprint,
    home.blueprint,
    campaigns.blueprint,
    campaign_archives.blueprint,
    campaign_comparisons.blueprint,
    campaign_messages.blueprint,
    campaign_audiences.blueprint,
    campaign_times.blueprint,
    campaign_forms.blueprint,
    campaign_checks.blueprint,
    campaign_lifecycle.blueprint,
    campaign_failures.blueprint,
    recipients.blueprint,
    recipient_exports.blueprint,
    failure_exports.blueprint,
    customers.blueprint,
    customer_imports.blueprint,
    customer_exports.blueprint,
    segments.blueprint,
    opt_outs.blueprint,
    message_templates.blueprint,
    media.blueprint,
    number.blueprint,
    restored_copy.blueprint,
    settings.blueprint,
    users.blueprint,
    api_tokens.blueprint,
    audit.blueprint,
    data_protection.blueprint,
    webhook.blueprint,
    webhooks.blueprint,
    health.blueprint,
)


def register(app: Flask) -> None:
    """Raises RuntimeError for a view without a role that is not on the public list."""
    for part in SHARED:
        part.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.register(app)
    webhook.register(app)
    if unguarded := access.unguarded_endpoints(app):
        raise RuntimeError(f"These views name no role (see web/access.py): {', '.join(unguarded)}")
