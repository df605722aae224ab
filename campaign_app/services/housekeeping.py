"""Deleting what is kept only for a while."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete

from campaign_app.extensions import db
from campaign_app.models.api_token import IdempotentRequest
from campaign_app.models.user import SignInAttempt
from campaign_app.services.account_links import prune_links
from campaign_app.services.import_runs import prune_imports
from campaign_app.services.media import prune_media
from campaign_app.services.user_sessions import prune_sessions
from campaign_app.services.webhook_inbox import prune

KEEP_IDEMPOTENT_ANSWERS = timedelta(days=2)
KEEP_SIGN_IN_ATTEMPTS = timedelta(days=1)


def prune_all(now: datetime) -> None:
    """Delete raw webhooks, uploaded files, idempotent answers and sign-in attempts that are past their time. The caller commits."""
    prune(now, timedelta(days=current_app.config["SETTINGS"].webhook_retention_days))
    prune_sessions(now)
    prune_imports(now)
    prune_media(now)
    prune_links(now)
    db.session.execute(
        delete(IdempotentRequest).where(IdempotentRequest.created_at < now - KEEP_IDEMPOTENT_ANSWERS)
    )
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - KEEP_SIGN_IN_ATTEMPTS))
