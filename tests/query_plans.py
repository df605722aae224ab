"""How the databases go about what the app asks them: every statement of a block, also those by the driver itself, explained."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import event

from campaign_app.extensions import db

BIG = ("campaign_recipients", "whatsapp_messages", "message_events", "webhook_events", "customers")
_EXPLAINED = ("SELECT", "UPDATE", "INSERT", "DELETE", "WITH")
_ALIAS = re.compile(rf"\b({'|'.join(BIG)})\b(?: AS)? \"?(\w+)\"?", re.IGNORECASE)
_STEP = re.compile(r"^(SCAN|SEARCH) (\S+)(?:.*?USING (?:COVERING )?(?:INDEX (\S+)|(INTEGER PRIMARY KEY)))?")
_VALUE = re.compile(r"x?'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b", re.IGNORECASE)
_NO_ALIAS = {
    "where",
    "set",
    "on",
    "join",
    "left",
    "order",
    "group",
    "using",
    "values",
    "limit",
    "inner",
    "as",
}


@dataclass
class Plan:
    """One kind of statement. `reads`: (big table, index or None where it is read from end to end)."""

    statement: str
    reads: list[tuple[str, str | None]] = field(default_factory=list)
    sorts: bool = False
    lines: str = ""


@contextmanager
def explained() -> Iterator[list[Plan]]:
    """The plans of all statements within, by every connection of the app; filled when the block is left."""
    asked: list[tuple[str, object]] = []
    hook = _trace_sqlite if db.engine.dialect.name == "sqlite" else _trace_postgresql
    db.session.remove()
    db.engine.dispose()

    def on_connect(connection, _record):
        hook(connection, asked)

    event.listen(db.engine, "connect", on_connect)
    plans: list[Plan] = []
    try:
        yield plans
    finally:
        event.remove(db.engine, "connect", on_connect)
        db.session.remove()
        db.engine.dispose()
    seen = set()
    explain = _explain_sqlite if db.engine.dialect.name == "sqlite" else _explain_postgresql
    for statement, parameters in asked:
        kind = _VALUE.sub("?", statement)
        if statement.lstrip("( ").upper().startswith(_EXPLAINED) and kind not in seen:
            seen.add(kind)
            plans.append(explain(statement, parameters))


def _trace_sqlite(connection, asked: list) -> None:
    connection.set_trace_callback(lambda statement: asked.append((statement, None)))


def _trace_postgresql(connection, asked: list) -> None:
    class Recording(psycopg.Cursor):
        def execute(self, query, params=None, **options):
            if isinstance(query, str):
                asked.append((query, params))
            return super().execute(query, params, **options)

        def executemany(self, query, params_seq, **options):
            rows = list(params_seq)
            if isinstance(query, str) and rows:
                asked.append((query, rows[0]))
            return super().executemany(query, rows, **options)

    connection.cursor_factory = Recording


def _explain_sqlite(statement: str, _parameters: object) -> Plan:
    connection = db.engine.raw_connection()
    try:
        rows = connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    finally:
        connection.close()
    tables = {name: name for name in BIG}
    for table, alias in _ALIAS.findall(statement):
        if alias.lower() not in _NO_ALIAS:
            tables[alias] = table.lower()
    plan = Plan(statement, lines="\n".join(row[3] for row in rows))
    for *_, detail in rows:
        plan.sorts = plan.sorts or "TEMP B-TREE FOR ORDER BY" in detail
        found = _STEP.match(detail)
        if found and found[2] in tables:
            index = found[3] or found[4]
            whole = found[1] == "SCAN" and not index
            plan.reads.append((tables[found[2]], None if whole else index or "by row"))
    return plan


def _explain_postgresql(statement: str, parameters: object) -> Plan:
    with psycopg.connect(
        db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        (rows,) = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()
    plan = Plan(statement, lines=str(rows))
    _walk(rows[0]["Plan"], None, plan)
    return plan


def _walk(node: dict, table: str | None, plan: Plan) -> None:
    kind = node["Node Type"]
    table = node.get("Relation Name", table)
    plan.sorts = plan.sorts or kind in ("Sort", "Incremental Sort")
    if table in BIG:
        if kind == "Seq Scan":
            plan.reads.append((table, None))
        elif "Index Name" in node:
            plan.reads.append((table, node["Index Name"]))
    for part in node.get("Plans", []):
        _walk(part, table if kind == "Bitmap Heap Scan" else None, plan)
