"""Hashes of passwords: argon2id, made anew at sign-in when the parameters have grown."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, low memory


def hash_of(password: str) -> str:
    """The hash that is stored, parameters and salt within."""
    return _hasher.hash(password)


def matches(password: str, stored_hash: str) -> bool:
    """Whether `password` is the one that `stored_hash` was made of. Takes some 50 ms: never inside a transaction."""
    try:
        return _hasher.verify(stored_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_new_hash(stored_hash: str) -> bool:
    return _hasher.check_needs_rehash(stored_hash)


@cache
def hash_of_nobody() -> str:
    """What an unknown address is checked against, so that it takes as long as a known one."""
    return _hasher.hash("nobody has this password")
