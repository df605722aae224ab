"""Which passwords are taken."""

import pytest

from campaign_app.domain.passwords import COMMON_WORDS, password_fault


@pytest.mark.parametrize(
    "password",
    [
        "a lantern by the river",
        "x7#kQ!92mmLp",
        "пароль из многих слов",
        "🙂 vier Kerzen brennen",
        " blanks around count ",
        "é" * 3 + "abcdefgh!",
    ],
)
def test_long_and_unusual_ones_are_taken(password):
    assert password_fault(password, "ana@example.com") is None


@pytest.mark.parametrize(
    "password",
    ["", "short", "x" * 11, "a lantern by the river " * 6, "Password1234", "PASSWORD 1234", "ｐａｓｓｗｏｒｄ１２３４", "aaaaaaaaaaaa",
     "abcabcabcabc", "abababababab", "abcdefghijklmnop", "987654321098", "qwertyuiop123", "correct horse battery staple", "a\0lantern by the river"],
)  # fmt: skip
def test_short_endless_and_common_ones_are_refused(password):
    assert password_fault(password)


@pytest.mark.parametrize(
    "password", ["ana.maria@example.com", "ana.maria2026", "Ana.Maria123!", "ana.mariaana.maria"]
)
def test_ones_made_of_the_address_are_refused(password):
    assert password_fault(password, "ana.maria@example.com")


ENDINGS = (
    "1234567890",
    "123456",
    "2024!",
    "2026!!",
    "!!!!!!!!",
    "@123",
    "#1",
    "00000000",
    "1990",
    "_2025",
    "123!@#",
    "12345678",
    "111111",
    "2023",
    "123123",
    "321",
    "!",
    "1!",
    "007",
)


def spellings(word: str) -> set[str]:
    """As it is, with a capital, and with digits and signs that look like letters."""
    begin, end = word[:-2], word[-2:]
    return {
        word,
        word.capitalize(),
        begin.replace("a", "@").replace("o", "0") + end,
        begin.replace("e", "3").replace("i", "1").replace("s", "$") + end,
    }


def test_thousands_of_common_words_with_an_ending_are_refused():
    tried = [
        spelling + ending
        for word in COMMON_WORDS
        for spelling in spellings(word)
        for ending in ENDINGS
        if len(spelling + ending) >= 12
    ]
    assert len(tried) >= 3000
    assert [password for password in tried if password_fault(password) is None] == []


@pytest.mark.parametrize(
    "password", ["summerwinter", "Welcome Monday 2026", "Passw0rd-Passw0rd", "marketing campaign 1"]
)
def test_two_common_words_are_no_password_either(password):
    assert password_fault(password)


@pytest.mark.parametrize(
    "password",
    ["a lantern by the river", "sunrise-over-mumbai", "correct monkey stapler", "another quiet walk", "überraschung am meer", "длинный пароль мой", "7kQ-pp2-xTz9-wm"],
)  # fmt: skip
def test_a_sentence_of_ones_own_is_taken(password):
    assert password_fault(password) is None
