"""What every page carries: the main menu, with the page that is open, what has come to a stop, and whether this is a restored copy."""

from typing import NamedTuple

from flask import Flask, request
from flask_login import current_user

from campaign_app.domain.roles import Role
from campaign_app.services.restored_copy import restored_copy
from campaign_app.services.standstills import standstills


class MenuItem(NamedTuple):
    label: str
    path: str
    is_current: bool


_ITEMS = (
    ("Home", "/", Role.VIEWER),
    ("Campaigns", "/campaigns", Role.VIEWER),
    ("Customers", "/customers", Role.VIEWER),
    ("Segments", "/segments", Role.VIEWER),
    ("Templates", "/templates", Role.VIEWER),
    ("Failures", "/failures", Role.VIEWER),
    ("Opt-outs", "/opt-outs", Role.VIEWER),
    ("Settings", "/settings", Role.ADMIN),
)


def register(app: Flask) -> None:
    app.jinja_env.globals["menu"] = menu
    app.jinja_env.globals["standstills"] = standstills
    app.jinja_env.globals["restored_copy"] = restored_copy


def menu() -> list[MenuItem]:
    """The items that the person may open."""
    return [MenuItem(label, path, _is_open(path)) for label, path, role in _ITEMS if current_user.may(role)]


def _is_open(path: str) -> bool:
    return request.path == path or (path != "/" and request.path.startswith(path + "/"))
