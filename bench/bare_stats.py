"""The floor of the API's numbers: a Flask JSON view that checks a token in the same database, and reads nothing else."""

import os
from hashlib import sha256

from flask import Flask, request
from sqlalchemy import create_engine, text

from campaign_app.database import engine_options, prepare_engine, reading

app = Flask(__name__)
URL = os.environ["DATABASE_URL"]
engine = create_engine(URL, **engine_options(URL))
prepare_engine(engine)
TOKEN = text("SELECT id FROM api_tokens WHERE token_sha256 = :sha256 AND revoked_at IS NULL")
STATS = {
    "campaign_id": "01a20549-0000-7000-8000-000000000000", "campaign_name": "Spring", "status": "active", "total_target": 1000,
    "sent": 250, "delivered": 245, "read": 180, "failed": 5, "pending": 750, "progress_percentage": 25.0, "delivery_rate": 98.0,
    "read_rate": 73.5, "estimated_completion_date": "2030-01-05", "failure_rate": 2.0, "skipped": 0, "unconfirmed": 0,
}  # fmt: skip


@app.get("/api/marketing/campaigns/<uuid:campaign_id>/stats")
def stats(campaign_id):
    plain = request.headers.get("Authorization", "").removeprefix("Bearer ")
    with reading(), engine.connect() as connection:
        known = connection.scalar(TOKEN, {"sha256": sha256(plain.encode()).hexdigest()})
    return STATS if known else ({"error": "unknown token"}, 401)


@app.get("/healthz")
def alive():
    return "", 200
