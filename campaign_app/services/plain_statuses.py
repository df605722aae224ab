"""Statuses that only raise a message whose answer is known: by far the most, so they go a short way, many at a time.

All others go by `services.attempts`: failures, statuses that overtake the answer, those of people who wait for another try.
What a status means is the same on both ways: `domain.message_status`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from flask import current_app

from campaign_app.domain.message_status import MessageStatus, raise_to
from campaign_app.domain.tally import Tally
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.counters import add_tally
from campaign_app.services.driver_rows import among, read_rows, stored_form, write_changes
from campaign_app.services.message_events import add_events, event_of
from campaign_app.whatsapp.webhook_elements import StatusUpdate

_WRITTEN = ("status", "sent_at", "delivered_at", "read_at", "pricing_category", "pricing_type")
_NAMES = ("id", "campaign_id", "recipient_id", *_WRITTEN)
_OF_MESSAGES = f"""
SELECT CAST(m.id AS TEXT), CAST(m.campaign_id AS TEXT), CAST(r.id AS TEXT), {", ".join(f"m.{name}" for name in _WRITTEN)}
  FROM whatsapp_messages AS m
  LEFT JOIN campaign_recipients AS r ON r.id = m.recipient_id AND r.message_id = m.id
 WHERE m.whatsapp_message_id IS NOT NULL AND m.sent_at IS NOT NULL AND r.retry_at IS NULL AND r.unconfirmed_at IS NULL
   AND m.id"""  # noqa: S608 - names of ours
_PLACES = {name: place for place, name in enumerate(_NAMES)}
_MIRRORED = ("status", "sent_at", "delivered_at", "read_at")
_COUNTED = {"sent_at": "messages_sent", "delivered_at": "messages_delivered", "read_at": "messages_read"}


def apply_plain(
    arrived: Sequence[tuple[StatusUpdate, datetime]], ids: Sequence[str | None], now: datetime
) -> tuple[list[int], list[str]]:
    """Apply those that can go this way: (status, when its webhook came), and the id of the message of each, in stored form.

    Returns the places of the others, and what is to be logged. The campaigns are locked; the caller commits.
    """
    form = stored_form()
    of_instant = cache(form.of_instant)
    before = _read(set(ids) - {None})
    rows = {id_: dict(zip(_NAMES, row, strict=True)) for id_, row in before.items()}
    others, events, lines = [], [], []
    for place, ((update, received_at), id_) in enumerate(zip(arrived, ids, strict=True)):
        row = rows.get(id_)
        if row is None or update.status is MessageStatus.FAILED:
            others.append(place)
            continue
        at, status = of_instant(update.at), row["status"]
        raise_to(row, update.status, at)
        if update.pricing_category is not None:
            row["pricing_category"], row["pricing_type"] = update.pricing_category, update.pricing_type
        events.append(event_of(id_, update, at, of_instant(received_at)))
        lines.append(f"Status update: {update.wamid} -> {update.status}")
        if row["status"] != status:
            status = row["status"]
            lines.append(f"Updated whatsapp_messages status: {form.shown_id(id_)} -> {status}")
            if row["recipient_id"] is not None:
                shown = form.shown_id(row["recipient_id"])
                lines.append(f"Updated campaign recipient status: {shown} -> {status}")
    _save(rows, before, now)
    add_events(events)
    return others, lines


def _read(ids: Collection[str]) -> dict[str, tuple]:
    if not ids:
        return {}
    these, parameter = among(ids)
    return {row[0]: row for row in read_rows(f"{_OF_MESSAGES} {these}", parameter)}


def _save(rows: dict[str, dict], before: dict[str, tuple], now: datetime) -> None:
    """Write what changed, in the latest attempts also of their recipients, and move every count by the difference."""
    messages, people = [], []
    moves: Counter[tuple] = Counter()  # campaign, column of a time, the time before and after
    for id_, row in rows.items():
        known = before[id_]
        change = {
            name: value for name, value, old in zip(_NAMES, row.values(), known, strict=True) if value != old
        }
        if not change:
            continue
        messages.append((id_, change))
        if row["recipient_id"] is None:
            continue
        mirrored = {name: value for name, value in change.items() if name in _MIRRORED}
        if mirrored:
            people.append((row["recipient_id"], mirrored))
        for name, value in mirrored.items():
            if name != "status":
                moves[row["campaign_id"], name, known[_PLACES[name]], value] += 1
    write_changes(Message.__table__, messages, now)
    write_changes(Recipient.__table__, people, now)
    _move_counters(moves, now)


def _move_counters(moves: Counter[tuple], now: datetime) -> None:
    zone, form = current_app.config["SETTINGS"].zone, stored_form()
    by_minute: Counter[tuple] = Counter()  # no day and no hour begins within one
    for (campaign_id, name, before, after), people in moves.items():
        by_minute[campaign_id, name, form.minute(before), form.minute(after)] += people
    tallies: dict[str, Tally] = defaultdict(Tally)
    for (campaign_id, name, before, after), people in by_minute.items():
        if before == after:
            continue
        tally = tallies[campaign_id]
        if before is not None:
            tally.count(_COUNTED[name], form.instant(before), zone, -people)
        tally.count(_COUNTED[name], form.instant(after), zone, people)
    for campaign_id in sorted(tallies):
        add_tally(UUID(campaign_id), tallies[campaign_id], now)
