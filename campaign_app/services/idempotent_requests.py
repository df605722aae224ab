"""The answers that requests with an `Idempotency-Key` got."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.api_token import IdempotentRequest
from campaign_app.services.counters import insert_for


@dataclass(frozen=True)
class KeptAnswer:
    """`request_sha256` tells whether another request is the same one; `text` is the answer's body."""

    request_sha256: str
    status_code: int
    text: str
    location: str | None


def kept_answer(token_id: UUID, key: str) -> KeptAnswer | None:
    row = db.session.scalar(
        select(IdempotentRequest).where(IdempotentRequest.token_id == token_id, IdempotentRequest.key == key)
    )
    return None if row is None else KeptAnswer(row.request_sha256, row.status_code, row.answer, row.location)


def keep_answer(token_id: UUID, key: str, kept: KeptAnswer, now: datetime) -> bool:
    """Add the answer to the transaction that did the work: both stand or fall together.

    False when the key has an answer already. A transaction that uses the same key at this moment is waited for.
    """
    row = {
        "id": new_id(),
        "token_id": token_id,
        "key": key,
        "request_sha256": kept.request_sha256,
        "status_code": kept.status_code,
        "answer": kept.text,
        "location": kept.location,
        "created_at": now,
    }
    db.session.flush()
    insert = insert_for(IdempotentRequest.__table__).values(row)
    insert = insert.on_conflict_do_nothing(index_elements=["token_id", "key"])
    return db.session.scalar(insert.returning(IdempotentRequest.id)) is not None
