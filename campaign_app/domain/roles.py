"""Who may do what: viewer reads, staff also edits, launches and exports, admin also settings, users and tokens."""

from enum import StrEnum


class Role(StrEnum):
    """Ordered: each role may do all that the ones before it may.

    >>> Role("admin") >= Role.STAFF, Role("viewer") >= Role.STAFF
    (True, False)
    """

    VIEWER = "viewer"
    STAFF = "staff"
    ADMIN = "admin"

    @property
    def _rank(self) -> int:
        return list(Role).index(self)

    def __ge__(self, other):
        return self._rank >= Role(other)._rank

    def __lt__(self, other):
        return not self >= other
