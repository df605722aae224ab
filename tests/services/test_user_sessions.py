"""Sessions: only a hash is kept, they end when idle and when old, and being seen is written once a minute."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.user_session import UserSession
from campaign_app.services.user_sessions import (
    IDLE,
    IDLE_OF_ADMINS,
    LONGEST,
    NOTED_EVERY,
    begin_session,
    end_session,
    end_sessions,
    note_seen,
    prune_sessions,
    session_of,
    sessions_of,
)
from tests.page_checks import a_user

NOW = utc_now()
MOMENT = timedelta(seconds=1)


def a_session(user, at=NOW) -> str:
    key = begin_session(user, "10.0.0.1", "Firefox", at)
    db.session.commit()
    return key


def test_the_key_itself_stands_nowhere_in_the_database(app):
    key = a_session(a_user())
    row = db.session.scalars(select(UserSession)).one()
    assert key not in repr(vars(row)) and len(row.key_sha256) == 64
    assert session_of(key, NOW).session_id == row.id
    assert session_of(row.key_sha256, NOW) is None and session_of("", NOW) is None


@pytest.mark.parametrize(("role", "idle"), [("admin", IDLE_OF_ADMINS), ("staff", IDLE), ("viewer", IDLE)])
def test_a_session_ends_when_it_lies_idle(app, role, idle):
    user = a_user(role)
    key = a_session(user)
    assert session_of(key, NOW + idle) is not None
    assert session_of(key, NOW + idle + MOMENT) is None
    assert sessions_of(user, NOW + idle + MOMENT) == []


def test_a_session_ends_however_busy_it_is(app):
    key = a_session(a_user())
    for hours in range(1, 21):
        at = NOW + timedelta(hours=hours)
        with reading():
            note_seen(session_of(key, at), at)
            db.session.rollback()
    assert session_of(key, NOW + LONGEST) is not None
    assert session_of(key, NOW + LONGEST + MOMENT) is None
    prune_sessions(NOW + LONGEST + MOMENT)
    assert db.session.scalars(select(UserSession)).all() == []


def test_being_seen_is_written_once_a_minute_also_where_nothing_may_be_written(app):
    key = a_session(a_user())
    for seconds, expected in ((30, 0), (60, 60), (119, 60), (120, 120)):
        at = NOW + timedelta(seconds=seconds)
        with reading():
            note_seen(session_of(key, at), at)
            db.session.rollback()
        seen = db.session.scalar(select(UserSession.last_seen_at))
        assert seen == NOW + timedelta(seconds=expected)
        db.session.rollback()
    assert NOTED_EVERY == timedelta(minutes=1)


def test_asking_whose_session_it_is_takes_one_statement(app):
    key = a_session(a_user())
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    session_of(key, NOW)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1, statements


def test_a_disabled_person_has_no_session(app):
    user = a_user()
    key = a_session(user)
    user.is_enabled = False
    db.session.commit()
    assert session_of(key, NOW) is None


def test_nobody_ends_a_session_of_somebody_else(app):
    ana, bob = a_user(email="ana@example.com"), a_user(email="bob@example.com")
    keys = [a_session(ana), a_session(ana), a_session(bob)]
    first, _, of_bob = (session_of(key, NOW).session_id for key in keys)
    assert not end_session(ana, of_bob)
    assert end_sessions(ana, but=first) == 1
    assert [session_of(key, NOW) is not None for key in keys] == [True, False, True]
