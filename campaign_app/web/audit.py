"""The audit trail: who did what to what, when and from where; searched, and taken along as a file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request, url_for

from campaign_app.domain.clock import day_start, utc_now
from campaign_app.domain.roles import Role
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.services.audit_trail import AuditSearch, search_trail, whole_trail
from campaign_app.web.access import requires
from campaign_app.web.audit_words import KINDS, deed
from campaign_app.web.exports import csv_response
from campaign_app.web.formatting import zone
from campaign_app.web.paging import read_place, write_place

blueprint = Blueprint("audit", __name__)

COLUMNS = ("at", "actor", "action", "kind", "subject_id", "address", "details")

_PAGES = {
    "campaign": ("campaigns.show", "campaign_id"),
    "customer": ("customers.show", "customer_id"),
    "user": ("users.show", "user_id"),
    "webhook": ("webhooks.show", "event_id"),
}


@dataclass(frozen=True)
class EntryLine:
    """`link`: the page of the thing, or None; it may be gone."""

    at: datetime
    actor: str
    words: str
    details: str
    address: str | None
    link: str | None


@blueprint.get("/settings/audit")
@requires(Role.ADMIN)
def index():
    typed = {
        name: request.args.get(name, "").strip()[:254] for name in ("who", "kind", "thing", "since", "until")
    }
    after = read_place(request.args.get("after"))
    page = search_trail(_search(typed), after)
    given = {name: value for name, value in typed.items() if value}
    next_after = write_place(*page.next_after) if page.next_after else None
    return render_template(
        "audit/index.html",
        lines=[_line(entry) for entry in page.entries],
        typed=typed,
        kinds=KINDS,
        first=url_for("audit.index", **given) if after else None,
        following=url_for("audit.index", **given, after=next_after) if next_after else None,
        file=url_for("audit.download", **given),
    )


@blueprint.get("/settings/audit.csv")
@requires(Role.ADMIN)
def download():
    typed = {
        name: request.args.get(name, "").strip()[:254] for name in ("who", "kind", "thing", "since", "until")
    }
    return csv_response(_rows(_search(typed)), COLUMNS, f"audit-{utc_now():%Y-%m-%d}.csv")


def _search(typed: dict[str, str]) -> AuditSearch:
    since, until = _day(typed["since"]), _day(typed["until"])
    return AuditSearch(
        actor=typed["who"],
        kind=typed["kind"],
        subject_id=typed["thing"],
        since=day_start(since, zone()) if since else None,
        until=day_start(until + timedelta(days=1), zone()) if until else None,
    )


def _day(text: str) -> date | None:
    """What is no day is no condition."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 2200 else None


def _line(entry: AuditEntry) -> EntryLine:
    words, details = deed(entry)
    return EntryLine(entry.at, entry.actor, words, details, entry.address, _link(entry))


def _link(entry: AuditEntry) -> str | None:
    page = _PAGES.get(entry.subject_type or "")
    try:
        return url_for(page[0], **{page[1]: UUID(entry.subject_id)}) if page and entry.subject_id else None
    except ValueError:
        return None


def _rows(search: AuditSearch) -> Iterator[list[str | None]]:
    for entry in whole_trail(search):
        yield [
            entry.at.isoformat(),
            entry.actor,
            entry.action,
            entry.subject_type,
            entry.subject_id,
            entry.address,
            json.dumps(entry.details, ensure_ascii=False) if entry.details else None,
        ]
