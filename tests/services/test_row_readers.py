"""Long files are read by several processes, and come out as if one had read them."""

import io
import json

from campaign_app.domain.customer_file import find_header
from campaign_app.services import customer_reading
from campaign_app.services.customer_reading import ALONE, BATCH, rows_of, stage_rows
from campaign_app.services.staged_customers import StagedCustomers


def a_long_file() -> bytes:
    """With duplicates, refused rows and empty lines all over it, and signs of many languages."""
    lines = ["phone,name,tier,points"]
    for place in range(ALONE + 3 * BATCH):
        number = (
            f"+91{9_000_000_000 + place}"
            if place % 7
            else ("letters" if place % 3 else f"+91{9_000_000_001}")
        )
        lines.append(f'{number},"Åsa, 陽子 {place}",gold,{place}' if place % 11 else "")
    return "\n".join(lines).encode()


def staged_from(content: bytes) -> tuple:
    with StagedCustomers() as staged:
        rows = rows_of(io.BytesIO(content))
        counts = stage_rows(rows, find_header(rows), "IN", staged)
        people = [one for chunk in staged.chunks(1000) for one in chunk]
        return counts, people, list(staged.refused_rows()), staged.duplicate_rows()


def test_several_processes_read_a_file_as_one_does(monkeypatch):
    by_several = staged_from(a_long_file())
    monkeypatch.setattr(customer_reading, "ALONE", 10**9)
    assert staged_from(a_long_file()) == by_several
    counts, people, refused, duplicates = by_several
    assert counts.rows == counts.people + counts.duplicates + counts.refused
    assert (len(people), len(refused), len(duplicates)) == (counts.people, counts.refused, counts.duplicates)
    assert min(counts.people, counts.duplicates, counts.refused, counts.empty) > 100
    assert json.loads(people[-1].values)["name"].startswith("Åsa, 陽子")
