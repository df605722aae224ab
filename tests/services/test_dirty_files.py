"""Every file of the corpus: who is taken, which rows are refused and why, or why the whole file is."""

import io
import json

import pytest

from campaign_app.domain.customer_file import find_header
from campaign_app.domain.errors import Invalid
from campaign_app.services.customer_reading import rows_of, stage_rows
from campaign_app.services.staged_customers import StagedCustomers
from tests.dirty_files import FILES


def test_the_corpus_has_at_least_forty_files():
    assert len(FILES) >= 40 and len({file.content for file in FILES.values()}) == len(FILES)


@pytest.mark.parametrize("name", [name for name, file in FILES.items() if file.fault is None])
def test_what_can_be_taken_is_taken_and_the_rest_is_refused_with_line_and_reason(name):
    file = FILES[name]
    with StagedCustomers() as staged:
        rows = rows_of(io.BytesIO(file.content))
        counts = stage_rows(rows, find_header(rows), "IN", staged)
        people = [json.loads(one.values) for chunk in staged.chunks(100) for one in chunk]
        refused = [row for row, _ in staged.refused_rows()]
    assert {one["phone_number"]: one.get("name") for one in people} == file.people
    assert [row.line for row in refused] == [line for line, _ in file.refused], refused
    for row, (_, part) in zip(refused, file.refused, strict=True):
        assert part in row.reason
    assert counts.rows == len(file.people) + len(file.refused) + file.duplicates
    assert counts.duplicates == file.duplicates


@pytest.mark.parametrize("name", [name for name, file in FILES.items() if file.fault is not None])
def test_what_is_no_customer_file_is_refused_whole_with_a_sentence(name):
    file = FILES[name]
    with StagedCustomers() as staged, pytest.raises(Invalid) as refusal:
        rows = rows_of(io.BytesIO(file.content))
        stage_rows(rows, find_header(rows), "IN", staged)
    assert file.fault in refusal.value.sentence and refusal.value.sentence.endswith((".", "?"))
