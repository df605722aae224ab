"""The throttle of sign-ins holds for parallel guesses too."""

from concurrent.futures import ThreadPoolExecutor

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services import sign_ins
from campaign_app.services.passwords import hash_of, matches, needs_new_hash
from campaign_app.services.sign_ins import TooManyAttempts, sign_in
from tests.page_checks import PASSWORD, a_user


def test_of_forty_guesses_at_once_at_most_five_are_judged(app, monkeypatch):
    a_user(email="ana@example.com")
    judged = []

    def counted(password, stored_hash):
        judged.append(password)
        return matches(password, stored_hash)

    monkeypatch.setattr(sign_ins, "matches", counted)

    def guess(number: int) -> bool:
        with app.app_context():
            try:
                return sign_in("ana@example.com", f"guess {number}", "10.0.0.1", utc_now()) is None
            except TooManyAttempts:
                return True
            finally:
                db.session.remove()

    db.session.commit()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(guess, range(40)))
    assert len(judged) <= 5


def test_an_old_hash_is_renewed_at_sign_in(app, monkeypatch):
    user = a_user(email="ana@example.com")
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$"
    monkeypatch.setattr(sign_ins, "needs_new_hash", lambda stored: True)
    before = user.password_hash
    assert sign_in("ana@example.com", PASSWORD, "10.0.0.1", utc_now()).id == user.id
    assert user.password_hash != before and matches(PASSWORD, user.password_hash)
    assert not matches(PASSWORD, weak), "a hash that cannot be read never matches"


def test_hashes_are_argon2id_and_none_is_like_another():
    first, second = hash_of(PASSWORD), hash_of(PASSWORD)
    assert (
        first.startswith("$argon2id$")
        and first != second
        and matches(PASSWORD, second)
        and not needs_new_hash(first)
    )
