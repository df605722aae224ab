"""The throttle of sign-ins holds for parallel guesses too; old hashes are renewed."""

from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.passwords import hash_of, matches, needs_new_hash
from campaign_app.services.sign_ins import (
    ATTEMPTS,
    ATTEMPTS_WHILE_GUESSED,
    GUESSES_AT_ACCOUNT,
    TooManyAttempts,
    counted_address,
    sign_in,
)
from tests.page_checks import PASSWORD, a_user


def test_of_forty_guesses_at_once_at_most_five_are_judged(app):
    a_user(email="ana@example.com")

    def is_judged(number: int) -> bool:
        with app.app_context():
            try:
                assert sign_in("ana@example.com", f"guess {number}", "10.0.0.1", utc_now()) is None
                return True
            except TooManyAttempts:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        judged = list(pool.map(is_judged, range(40)))
    assert sum(judged) <= ATTEMPTS


def test_a_hash_with_weaker_parameters_is_renewed_at_sign_in(app):
    user = a_user(email="ana@example.com")
    user.password_hash = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    db.session.commit()
    assert needs_new_hash(user.password_hash)
    assert sign_in("ana@example.com", PASSWORD, "10.0.0.1", utc_now()).id == user.id
    assert not needs_new_hash(user.password_hash) and matches(PASSWORD, user.password_hash)


def test_a_wrong_password_does_not_renew_the_hash(app):
    user = a_user(email="ana@example.com")
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    user.password_hash = weak
    db.session.commit()
    assert sign_in("ana@example.com", "a guess", "10.0.0.1", utc_now()) is None
    assert user.password_hash == weak


def test_hashes_are_argon2id_and_none_is_like_another():
    first, second = hash_of(PASSWORD), hash_of(PASSWORD)
    assert first.startswith("$argon2id$") and first != second
    assert matches(PASSWORD, second) and not matches("a guess", second)
    assert not matches(PASSWORD, "no hash at all")


def tries(address: str, password: str = "a guess") -> str:
    try:
        return "in" if sign_in("ana@example.com", password, address, utc_now()) else "wrong"
    except TooManyAttempts:
        return "later"


def test_an_account_guessed_at_from_everywhere_is_slow_for_strangers_and_open_to_its_owner(app):
    a_user(email="ana@example.com")
    for number in range(GUESSES_AT_ACCOUNT):
        assert tries(f"10.0.1.{number}") == "wrong"
    assert [tries("10.0.2.1") for _ in range(ATTEMPTS_WHILE_GUESSED + 1)] == ["wrong", "wrong", "later"]
    assert tries("10.0.3.1", PASSWORD) == "in"


def test_a_guesser_with_a_network_of_ipv6_counts_as_one(app):
    a_user(email="ana@example.com")
    judged = [tries(f"2001:db8:1:2::{number:x}") for number in range(ATTEMPTS + 1)]
    assert judged == ["wrong"] * ATTEMPTS + ["later"]
    assert tries("2001:db8:1:3::1") == "wrong"
    assert counted_address("::ffff:10.0.0.1") == "10.0.0.1" and counted_address("unknown") == "unknown"
