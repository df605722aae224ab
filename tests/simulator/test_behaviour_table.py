"""The last digits of a number choose its fate, by the published table."""

import random

import pytest

from campaign_app.simulator.behaviour import (
    ENDINGS,
    FATES,
    WRITTEN_OUT,
    Fate,
    behaviour_table,
    fate_from_text,
    fate_of,
    is_accepted,
    share,
)
from campaign_app.simulator.error_catalogue import CATALOGUE
from campaign_app.simulator.settings import SimulatorSettings
from campaign_app.simulator.statuses import plan_statuses

# Codes after which an app stops a campaign, a template or the whole number, by Meta's meaning of them.
STOPPING = {0, 3, 4, 10, 33, 100, 104, 190, 200, 368, 80007, 130497, 131005, 131008, 131009, 131030, 131031}
STOPPING |= {131037, 131042, 131044, 131045, 131048, 131051, 131057, 131063, 131064, 133010, 135000}
STOPPING |= {132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069}

# Every code of a send that Meta's list names.
SENDING_CODES = STOPPING | {1, 2, 17, 32, 613, 803, 130403, 130429, 130472, 131000, 131016, 131021, 131026}
SENDING_CODES |= {
    131047,
    131049,
    131050,
    131052,
    131053,
    131055,
    131056,
    131060,
    131062,
    134100,
    134101,
    134102,
}
SENDING_CODES |= {133000, 133004, 137000}


def indian_mobiles(count):
    chance = random.Random(7)
    return [f"91{chance.choice('6789')}{chance.randrange(10**9):09d}" for _ in range(count)]


def test_among_random_numbers_five_to_eight_in_a_hundred_are_special():
    fates = [fate_of(number) for number in indian_mobiles(50_000)]

    special = sum(fate.kind != "ordinary" for fate in fates) / len(fates)
    assert 0.05 <= special <= 0.085


def test_a_thousand_random_numbers_meet_at_least_eight_codes():
    for start in range(0, 20_000, 1000):
        codes = {fate_of(number).code for number in indian_mobiles(20_000)[start : start + 1000]} - {None}
        assert len(codes) >= 8


def test_no_random_number_meets_a_code_that_stops_a_campaign_or_the_number():
    assert {fate.code for _, _, fate in ENDINGS} & STOPPING == set()
    met = {fate_of(number).code for number in indian_mobiles(50_000)}
    assert met & STOPPING == set()


def test_endings_are_in_order_and_do_not_overlap():
    ends = [end for _, end, _ in ENDINGS]
    starts = [start for start, _, _ in ENDINGS]
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


def test_every_ending_gives_its_fate_at_both_edges_and_only_there():
    for start, end, fate in ENDINGS:
        assert fate_of(f"91981234{start}") == fate == fate_of(f"91981234{end}")
    assert fate_of("919812348999").kind == fate_of("919812349800").kind == "ordinary"


def test_every_kind_can_be_had_by_some_number():
    by_ending = {fate.kind for _, _, fate in ENDINGS}
    assert by_ending | set(WRITTEN_OUT.values()) | {"ordinary"} == set(FATES)


@pytest.mark.parametrize("code", sorted(SENDING_CODES))
def test_every_code_of_a_send_can_be_written_out_in_the_number(code):
    assert code in CATALOGUE
    for prefix, kind in WRITTEN_OUT.items():
        assert fate_of(f"9198{prefix}{code:06d}") == Fate(kind, code)


def test_codes_that_nobody_knows_are_ordinary():
    assert fate_of("919877999998").kind == "ordinary"


def test_the_table_for_people_names_every_ending_and_every_written_out_kind():
    rows = behaviour_table()

    assert len(rows) == len(ENDINGS) + len(WRITTEN_OUT) + 1
    assert (
        "9000-9149",
        "failed_later:131026",
        "accepted, then failed with 131026, Message undeliverable",
    ) in rows
    assert all(digits and fate and meaning for digits, fate, meaning in rows)


@pytest.mark.parametrize("text", ["html_500", "refused:190", "failed_later:131026"])
def test_a_fate_is_read_as_it_is_written(text):
    assert str(fate_from_text(text)) == text


@pytest.mark.parametrize("text", ["refused", "html_500:7", "nonsense", "refused:x", ""])
def test_a_fate_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"is no fate|is written"):
        fate_from_text(text)


def test_shares_come_out_as_set():
    numbers = indian_mobiles(20_000)
    settings = SimulatorSettings(delivered_rate=0.97, read_rate=0.72)
    plans = [plan_statuses(Fate("ordinary"), number, settings) for number in numbers]

    names = [[status.name for status in plan] for plan in plans]
    delivered = sum("delivered" in one for one in names)
    read = sum("read" in one for one in names)
    assert abs(delivered / len(numbers) - 0.97) < 0.005
    assert abs(read / delivered - 0.72) < 0.015
    assert all(one[0] == "sent" for one in names)


def test_a_share_depends_on_seed_number_and_matter_alone():
    assert share(1, "91", "x") == share(1, "91", "x")
    assert len({share(1, "91", "x"), share(2, "91", "x"), share(1, "92", "x"), share(1, "91", "y")}) == 4


def test_only_what_meta_would_accept_has_statuses_to_come():
    for kind, (_, needs_code, _) in FATES.items():
        fate = Fate(kind, 131026 if needs_code else None)
        if is_accepted(fate) and kind != "no_statuses":
            assert plan_statuses(fate, "919812340000", SimulatorSettings())


def test_nothing_is_posted_before_it_happened():
    for disorder in (0.0, 1.0):
        settings = SimulatorSettings(disorder_rate=disorder, duplicate_rate=0.5)
        for number in indian_mobiles(300):
            for status in plan_statuses(Fate("ordinary"), number, settings):
                assert min(status.posted_after) >= status.happens_after
