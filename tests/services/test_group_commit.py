"""Threads that store at the same time share a commit, and each learns what became of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.opt_out import OptOut
from campaign_app.services.group_commit import GroupCommit


class Writer:
    """Writes phone numbers, and notes which of them shared a commit; "wrong" breaks it."""

    def __init__(self):
        self.batches: list[list[str]] = []
        self.may_go_on = threading.Event()
        self.has_begun = threading.Event()
        self.may_go_on.set()

    def write_all(self, connection, values) -> None:
        self.batches.append(list(values))
        self.has_begun.set()
        self.may_go_on.wait(10)
        if "wrong" in values:
            raise ValueError("wrong")
        rows = ", ".join(
            f"('{new_id().hex}', '{value}', 'ours', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)" for value in values
        )
        connection.execute(
            f"INSERT INTO opt_outs (id, phone_number, kind, opted_out_at, created_at) VALUES {rows}"
        )


@pytest.fixture
def writer():
    return Writer()


@pytest.fixture
def group(app, writer):
    group = GroupCommit(db.engine, writer.write_all)
    yield group
    group._let_go()


def stored() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(OptOut.phone_number)))


def while_one_commits(group, writer, first: str, others: list[str]) -> list[Exception | None]:
    """What `write` raised for `first` and for the `others`, which all came while `first` was being written."""

    def attempt(value):
        try:
            group.write(value)
        except ValueError as error:
            return error

    writer.may_go_on.clear()
    with ThreadPoolExecutor(1 + len(others)) as pool:
        answers = [pool.submit(attempt, first)]
        assert writer.has_begun.wait(10)
        answers += [pool.submit(attempt, value) for value in others]
        while len(group._waiting) < len(others):
            threading.Event().wait(0.005)
        writer.may_go_on.set()
        return [answer.result(20) for answer in answers]


def test_a_value_is_committed_when_write_returns(group):
    group.write("+919876543210")

    assert stored() == {"+919876543210"}


def test_those_who_come_while_another_commits_share_the_next_commit(group, writer):
    errors = while_one_commits(group, writer, "+911", ["+912", "+913", "+914"])

    assert errors == [None] * 4
    assert [set(batch) for batch in writer.batches] == [{"+911"}, {"+912", "+913", "+914"}]
    assert stored() == {"+911", "+912", "+913", "+914"}


def test_an_error_reaches_all_who_shared_the_commit_and_nobody_else(group, writer):
    errors = while_one_commits(group, writer, "+911", ["+912", "wrong"])
    group.write("+915")

    assert errors[0] is None
    assert [type(error) for error in errors[1:]] == [ValueError, ValueError]
    assert stored() == {"+911", "+915"}


def test_a_connection_that_the_database_has_closed_is_replaced(app, group):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no connections that another could close")
    group.write("+911")
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    db.session.execute(text(others))
    db.session.commit()

    group.write("+912")

    assert stored() == {"+911", "+912"}
