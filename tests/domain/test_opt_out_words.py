"""A customer who writes stop is understood, and nobody else is taken for one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.opt_out_words import OPT_IN_WORDS, OPT_OUT_WORDS, is_opt_in, is_opt_out


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "Stop.",
        "  stop \n",
        "“Stop!”",
        "*STOP*",
        "🛑 STOP 🛑",
        "ＳＴＯＰ",
        "S\u200bTOP",
        "stop\ufe0f",
        "Unsubscribe",
        "opt-out",
        "OPT_OUT",
        "OPTOUT",
        "Opt  out",
        "STOP_PROMOTIONS",
        "Stop promotions",
        "Don’t contact me",
        "BAJA",
        "baja",
        "Darme de baja",
        "STOPP",
        "Abmelden",
        "ARRET",
        "Arrêt",
        "arre\u0302t",
        "SAIR",
        "PARAR",
        "Cancelar inscrição",
        "रोकें",
        "बंद",
        "बंद करें।",
        "إلغاء الاشتراك",
        "İPTAL",
        "ABONELİKTEN ÇIK",
        "СТОП",
        "停止",
        "수신거부",
        "退订",
    ],
)
def test_a_wish_to_stop_is_understood(text):
    assert is_opt_out(text)
    assert not is_opt_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Don't stop",
        "Please don't stop sending these!",
        "Which bus stop?",
        "non-stop",
        "nonstop",
        "stops",
        "🛑",
        "",
        " ",
        None,
        "stop the delivery of order 12 please",
        "OK",
        "acha",
        "yes",
        "no",
        "1",
        "baja california",
        "stop" + " x" * 300,
    ],
)
def test_another_message_is_not_taken_for_a_wish_to_stop(text):
    assert not is_opt_out(text)


@pytest.mark.parametrize(
    "text", ["START", "start!", "Unstop", "ALTA", "Subscribe", "SUBSCRIBE", "शुरू करें", "S'abonner"]
)
def test_a_wish_to_start_again_is_understood(text):
    assert is_opt_in(text)
    assert not is_opt_out(text)


def test_no_word_means_both():
    assert not OPT_OUT_WORDS & OPT_IN_WORDS


@given(
    st.sampled_from(sorted(OPT_OUT_WORDS)),
    st.sampled_from(["", " ", "\n", "!", "...", "“", "👍", "*", "_"]),
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]),
)
def test_every_word_is_known_in_every_dress(word, around, case, form):
    assert is_opt_out(around + unicodedata.normalize(form, case(word)) + around)


@given(st.text())
def test_no_text_crashes_the_matcher(text):
    assert is_opt_out(text) in (True, False)
    assert is_opt_in(text) in (True, False)
