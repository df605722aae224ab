"""Numbers of people who were erased: known again only by a keyed hash, and never written to."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.erased_number import ErasedNumber
from campaign_app.services.counters import insert_for
from campaign_app.services.opt_outs import record_opt_out

AT_ONCE = 5000


def remember_erased(phone_number: str, now: datetime) -> None:
    """Keep that a number must not be written to, without the number. The caller commits."""
    row = {"id": new_id(), "number_hash": _hash(phone_number), "erased_at": now}
    insert = insert_for(ErasedNumber.__table__).values(row)
    db.session.execute(insert.on_conflict_do_nothing(index_elements=["number_hash"]))


def hold_back_erased(phone_numbers: Iterable[str], now: datetime) -> int:
    """Put those of the numbers on our list again that belong to somebody who was erased: they came back by a list or a
    call. Returns how many. The caller commits."""
    if db.session.scalar(select(ErasedNumber.id).limit(1)) is None:
        return 0
    hashes = {_hash(number): number for number in phone_numbers}
    keys, found = list(hashes), 0
    for start in range(0, len(keys), AT_ONCE):
        known = select(ErasedNumber.number_hash, ErasedNumber.erased_at).where(
            ErasedNumber.number_hash.in_(keys[start : start + AT_ONCE])
        )
        for number_hash, erased_at in db.session.execute(known).all():
            reason = f"Was erased on {erased_at:%Y-%m-%d}, and asked for no more messages"
            found += record_opt_out(hashes[number_hash], "ours", reason, "the app", now)
    return found


def _hash(phone_number: str) -> str:
    key = hashlib.sha256(b"erased numbers:" + current_app.config["SECRET_KEY"].encode()).digest()
    return hmac.new(key, phone_number.encode(), hashlib.sha256).hexdigest()
