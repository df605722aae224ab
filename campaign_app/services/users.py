"""The members of staff: added, changed, and kept from locking everybody out."""

from datetime import datetime
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.passwords import password_fault
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services.audit import record
from campaign_app.services.passwords import hash_of
from campaign_app.services.user_sessions import end_sessions


def normal_email(text: str) -> str:
    """The address in lower case, as it is stored. Raises Invalid."""
    try:
        # Addresses of an intranet are fine too: nothing is sent to ask.
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(
            "This is not an e-mail address.", {"email": [f"Not an e-mail address: {error}"]}
        ) from None
    return checked.normalized.lower()


def all_users() -> list[User]:
    return list(db.session.scalars(select(User).order_by(User.email)))


def find_user(user_id: UUID) -> User:
    """Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def find_user_by_email(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def create_user(email: str, password: str | None, role: str, actor: str, now: datetime) -> User:
    """Without a password the person is invited: a link lets them choose one. Raises Invalid with the fields email, password
    and role."""
    email = normal_email(email)
    fields = {}
    if find_user_by_email(email) is not None:
        fields["email"] = ["There is already a user with this address."]
    if password is not None and (fault := password_fault(password, email)):
        fields["password"] = [fault]
    if role not in list(Role):
        fields["role"] = ["Choose admin, staff or viewer."]
    if fields:
        raise Invalid(next(iter(fields.values()))[0], fields)
    user = User(
        email=email,
        password_hash=hash_of(password) if password is not None else "",
        role=role,
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    record(actor, "user added", "user", user.id, {"email": email, "role": str(role)}, now)
    return user


def change_role(user: User, role: str, actor: str, now: datetime) -> None:
    """Holds from the person's next request on. Raises Invalid, Conflict for the last admin."""
    if role not in list(Role):
        raise Invalid("Choose admin, staff or viewer.", {"role": ["Choose admin, staff or viewer."]})
    if role == user.role:
        return
    _keep_an_admin(user, "Make somebody else admin first: nobody else could manage users.")
    record(
        actor, "role changed", "user", user.id, {"email": user.email, "from": user.role, "to": str(role)}, now
    )
    user.role = role


def disable_user(user: User, actor: str, now: datetime) -> None:
    """Signs the person out at once. Raises Conflict for the last admin."""
    if not user.is_enabled:
        return
    _keep_an_admin(user, "Make somebody else admin first: nobody could sign in to manage users.")
    user.is_enabled = False
    end_sessions(user)
    record(actor, "user disabled", "user", user.id, {"email": user.email}, now)


def enable_user(user: User, actor: str, now: datetime) -> None:
    if not user.is_enabled:
        user.is_enabled = True
        record(actor, "user enabled", "user", user.id, {"email": user.email}, now)


def set_password(user: User, password: str, actor: str, now: datetime) -> None:
    """Signs the person out everywhere. Raises Invalid with the field password."""
    if fault := password_fault(password, user.email):
        raise Invalid(fault, {"password": [fault]})
    user.password_hash = hash_of(password)
    end_sessions(user)
    record(actor, "password set", "user", user.id, {"email": user.email}, now)


def _keep_an_admin(user: User, sentence: str) -> None:
    if user.role != Role.ADMIN or not user.is_enabled:
        return
    # Locks the admins' rows on PostgreSQL: two admins must not demote each other at the same moment.
    admins = db.session.scalars(
        select(User.id).where(User.role == Role.ADMIN, User.is_enabled).order_by(User.id).with_for_update()
    ).all()
    if len(admins) <= 1:
        raise Conflict(sentence)
