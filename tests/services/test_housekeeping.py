"""What is kept only for a while goes, and nothing else."""

from datetime import timedelta

from sqlalchemy import select

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.api_token import ApiToken, IdempotentRequest
from campaign_app.models.user import SignInAttempt
from campaign_app.models.webhook_event import WaitingStatus, WebhookEvent
from campaign_app.services.housekeeping import prune_all
from tests.makers import NOON

DAY = timedelta(days=1)
A_MOMENT = timedelta(seconds=1)


def pruned(model, column) -> list:
    prune_all(NOON)
    db.session.commit()
    return sorted(db.session.scalars(select(column)))


def an_event(age: timedelta, state: str) -> WebhookEvent:
    return WebhookEvent(
        fingerprint=new_id().bytes,
        body=b"{}",
        received_at=NOON - age,
        state=state,
        note=f"{state} {age.days}",
    )


def test_raw_webhooks_go_when_their_time_is_over_but_never_before_they_are_applied(app):
    retention = app.config["SETTINGS"].webhook_retention_days * DAY
    states = ("waiting", "applied", "quarantined", "unreadable")
    db.session.add_all(
        [an_event(age, state) for state in states for age in (retention - A_MOMENT, retention + A_MOMENT)]
    )
    db.session.commit()
    assert pruned(WebhookEvent, WebhookEvent.state) == [
        "applied",
        "quarantined",
        "unreadable",
        "waiting",
        "waiting",
    ]


def test_statuses_that_never_found_their_message_go_after_whatsapp_has_stopped_delivering(app):
    for age in (8 * DAY - A_MOMENT, 8 * DAY + A_MOMENT):
        row = WaitingStatus(wamid=str(age), status={}, sha256=new_id().hex, first_seen_at=NOON - age)
        db.session.add(row)
    db.session.commit()
    assert pruned(WaitingStatus, WaitingStatus.wamid) == [str(8 * DAY - A_MOMENT)]


def test_idempotent_answers_go_after_two_days(app):
    token = ApiToken(name="till", token_sha256="0" * 64, role="staff")
    db.session.add(token)
    db.session.flush()
    for key, age in (("kept", 2 * DAY - A_MOMENT), ("gone", 2 * DAY + A_MOMENT)):
        row = IdempotentRequest(
            token_id=token.id,
            key=key,
            request_sha256="0" * 64,
            status_code=201,
            answer={},
            created_at=NOON - age,
        )
        db.session.add(row)
    db.session.commit()
    assert pruned(IdempotentRequest, IdempotentRequest.key) == ["kept"]


def test_wrong_passwords_are_forgotten_after_a_day(app):
    for email, age in (("kept", DAY - A_MOMENT), ("gone", DAY + A_MOMENT)):
        db.session.add(SignInAttempt(email=email, address="::1", at=NOON - age))
    db.session.commit()
    assert pruned(SignInAttempt, SignInAttempt.email) == ["kept"]
