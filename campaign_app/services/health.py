"""Is the installation well: database, migrations, timed jobs."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from campaign_app.extensions import db
from campaign_app.models.lease import Lease

LEASES = ("sender", "webhooks")


def unwell(head: str, now: datetime) -> list[str]:
    """The names of what is not well: "database", "migrations", "scheduler"; empty when all is."""
    try:
        current = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        alive = set(db.session.scalars(select(Lease.name).where(Lease.expires_at > now)))
    except SQLAlchemyError:
        db.session.rollback()
        return ["database"]
    faults = [] if current == head else ["migrations"]
    return faults if alive.issuperset(LEASES) else [*faults, "scheduler"]
