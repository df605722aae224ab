"""The error catalogue is whole, can be acted on, and never fails to answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.retry_policy import Action
from campaign_app.whatsapp.error_catalogue import FEW_RETRIES, listed, lookup

# What the published list obliges us to do, written down apart from the catalogue's own file.
ACTIONS = {
    Action.STOP_NUMBER: [
        0, 3, 10, 33, 104, 190, 200, 250, 299, 368, 803, 1005, 2500, 131005, 131030, 131031, 131037,
        131042, 131044, 131045, 131048, 131063, 131064, 133000, 133005, 133006, 133008, 133009, 133010,
        133015, 133016,
    ],
    Action.THROTTLE: [4, 17, 32, 613, 80007, 130429],
    Action.RETRY: [1, 2, 131000, 131016, 131057, 132069, 133004, 134101, 2494100],
    Action.RETRY_AFTER_DAY: [131049],
    Action.PAIR_WAIT: [131056],
    Action.OPT_OUT: [131050],
    Action.NEVER: [
        130403, 130472, 130497, 131021, 131026, 131047, 131051, 131052, 131060, 131062, 132005, 137000, 200005, 200006,
        200007,
    ],
    Action.PAUSE_CAMPAIGN: [
        100, 131008, 131009, 131014, 131020, 131041, 131053, 131055, 131059, 131200,
        131299, 132000, 132001, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 134011, 134100,
        134102, 134103, 135000, 138000, 138006, 138999, 139000, 139001, 139002, 139003, 139004, 139100,
        139101, 139102, 139103, 147001, 147005, 1752041, 2388019, 2388039, 2388040, 2388047, 2388072,
        2388073, 2388293, 2388299,
    ],
}  # fmt: skip
CODES = [(code, action) for action, codes in ACTIONS.items() for code in codes]


@pytest.mark.parametrize(("code", "action"), CODES)
def test_a_listed_code_has_its_action_and_says_what_to_do(code, action):
    entry = lookup(code)
    assert (entry.known, entry.code, entry.action) == (True, code, action)
    assert entry.title
    for sentence in (entry.meaning, entry.advice):
        assert len(sentence) > 20
        assert sentence[0].isupper() and sentence.endswith(".")


def test_nothing_stands_in_the_catalogue_that_this_test_does_not_know():
    assert {entry.code for entry in listed()} <= {code for code, _ in CODES}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (130472, "Not on WhatsApp: User's number is not registered on WhatsApp"),
        (131047, "Re-engagement required: 24-hour message window expired"),
        (131026, "Undeliverable: Message could not be delivered"),
        (131031, "Rate limited: Too many messages sent"),
        (133000, "Template not found: Template does not exist"),
        (132000, "Template inactive: Template is paused or disabled"),
    ],
)
def test_the_six_codes_that_staff_know_also_carry_the_words_they_know(code, words):
    assert lookup(code).also_known_as == words


def test_no_other_code_carries_a_second_name():
    assert sum(entry.also_known_as is not None for entry in listed()) == 6


def test_an_object_that_may_not_be_reached_stops_the_number_and_not_the_campaign():
    assert lookup(100, subcode=33).action is Action.STOP_NUMBER
    assert lookup(100, subcode=2494010).action is Action.PAUSE_CAMPAIGN


def test_the_neighbours_of_a_range_are_not_in_it():
    assert lookup(199).known is False
    assert lookup(300).known is False
    assert lookup(138000).known and not lookup(137999).known and not lookup(139999).known


def test_trouble_that_may_hide_a_fault_of_ours_pauses_the_campaign_in_the_end():
    entry = lookup(1)
    assert (entry.action, entry.max_retries) == (Action.RETRY, FEW_RETRIES)
    assert entry.when_exhausted is Action.PAUSE_CAMPAIGN
    assert lookup(2).when_exhausted is Action.NEVER


def test_a_file_that_could_not_be_fetched_once_does_not_pause_a_whole_campaign():
    assert lookup(131053).pause_after == lookup(131014).pause_after == 5
    assert lookup(132000).pause_after == 1


@pytest.mark.parametrize(("code", "seconds"), [(131057, 60), (134101, 600), (132069, 3600), (2, 0)])
def test_some_codes_ask_for_a_longer_first_wait(code, seconds):
    assert lookup(code).first_wait.total_seconds() == seconds


@pytest.mark.parametrize(
    ("http_status", "is_transient", "action"),
    [
        (500, None, Action.RETRY),
        (503, False, Action.RETRY),
        (400, True, Action.RETRY),
        (None, True, Action.RETRY),
        (429, None, Action.THROTTLE),
        (400, None, Action.NEVER),
        (400, False, Action.NEVER),
        (None, None, Action.NEVER),
    ],
)
def test_an_unknown_code_is_tried_again_only_where_the_trouble_is_passing(http_status, is_transient, action):
    entry = lookup(987654, http_status, is_transient)
    assert (entry.known, entry.code, entry.title, entry.action) == (False, 987654, None, action)
    assert entry.max_retries == (FEW_RETRIES if action is Action.RETRY else None)


def test_what_meta_says_of_a_known_code_outweighs_the_http_status():
    assert lookup(131026, 500, True).action is Action.NEVER
    assert lookup(190, 503, True).action is Action.STOP_NUMBER


def test_retryable_is_what_staff_may_try_again():
    assert [lookup(code).retryable for code in (131026, 131050, 130472, 987654)] == [False] * 4
    assert [lookup(code).retryable for code in (131000, 131049, 132000, 190, 130429, 131056)] == [True] * 6


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.binary()
    ),
    st.one_of(st.none(), st.integers(0, 999)),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.integers(), st.text()),
)
def test_a_lookup_always_gives_an_entry(code, http_status, is_transient, subcode):
    entry = lookup(code, http_status, is_transient, subcode)
    assert isinstance(entry.action, Action) and entry.meaning and entry.advice


def test_a_code_written_as_text_is_the_same_code():
    assert lookup("131026") == lookup(131026)
    assert lookup(None).code is lookup(True).code is lookup("x").code is None
