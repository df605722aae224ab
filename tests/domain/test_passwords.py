"""Which passwords are taken."""

import pytest

from campaign_app.domain.passwords import password_fault


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
