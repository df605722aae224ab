"""The made-up shop of `flask demo`: staff, customers from a messy file, message templates, two campaigns."""

from pathlib import Path
from uuid import UUID

import click
from flask import current_app

from campaign_app.domain.clock import utc_now
from campaign_app.domain.messy_customers import write_messy_customers
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.customer_import import import_customers
from campaign_app.services.launch import launch
from campaign_app.services.message_templates import sync_templates
from campaign_app.services.users import create_user

PASSWORD = "sunrise-over-mumbai"  # noqa: S105 - printed for whoever watches the demo, on this machine only
PEOPLE = (("admin@example.com", "admin"), ("staff@example.com", "staff"), ("viewer@example.com", "viewer"))
SEED = 20_261_122
ACTOR = "admin@example.com"


def fill_shop(file: Path, customers: int) -> None:
    """Make the staff, read a messy customer file of that many people, and read the message templates."""
    now = utc_now()
    for email, role in PEOPLE:
        create_user(email, PASSWORD, Role(role), ACTOR, now)
    db.session.commit()
    write_messy_customers(file, customers, SEED)
    country = current_app.config["SETTINGS"].default_country
    with file.open("rb") as opened:
        report = import_customers(opened, country, False, file.name, now)
    db.session.commit()
    click.echo(
        f"{file.name}: {report.rows:,} rows, {report.added:,} customers added, {report.duplicates:,} duplicates, "
        f"{report.refused_count:,} rows refused with their reason, {report.empty:,} empty lines."
    )
    sync_templates(cloud_api(), now)
    db.session.commit()


def launch_campaigns(customers: int) -> UUID:
    """Launch one campaign to everybody, and a smaller one behind it that takes several days. Returns the first one's id."""
    everybody = {
        "name": "Spring offer",
        "description": "Twenty per cent for every customer, with a personal link.",
        "template_name": "spring_offer",
        "template_components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "{{name|friend}}"}, {"type": "text", "text": "20%"}],
            },
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [{"type": "text", "text": "spring-{{customer_tier|all}}"}],
            },
        ],
        "target_audience": {"all": True},
        "daily_send_limit": customers,
        "priority": 3,
    }
    best = {
        "name": "Holiday sale for the best customers",
        "template_name": "holiday_sale_template",
        "target_audience": {"customer_tier": ["gold", "platinum"]},
        "daily_send_limit": max(1, customers // 10),
        "priority": 7,
    }
    ids = []
    for fields in (everybody, best):
        now = utc_now()
        campaign_id = create_campaign(fields, ACTOR, now).id
        db.session.commit()
        launch(campaign_id, ACTOR, now)
        db.session.commit()
        ids.append(campaign_id)
    return ids[0]
