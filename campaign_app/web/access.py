"""Who may open what: one gate before every request, which denies unless the view names the role it needs."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import AnonymousUserMixin, current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import login_manager
from campaign_app.services.second_factors import has_second_factor, must_have_second_factor
from campaign_app.web import browser_sessions

# Sign-in and static files; the webhook proves itself by signature, health says nothing personal, the API has bearer tokens,
# a link to a new password is its own proof.
PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "bootstrap.static",
        "chartkick.static",
        "login.show",
        "login.sign_in",
        "login_code.show",
        "login_code.check",
    }
)
PUBLIC_BLUEPRINTS = frozenset({"webhook", "health", "api", "account_links"})

BEFORE_SECOND_FACTOR = frozenset({"second_factor", "login"})
ROLE_ATTRIBUTE = "required_role"
CONFIRMED_ATTRIBUTE = "needs_confirmation"
CONFIRMED_FOR = timedelta(minutes=10)
FORMS_WAIT = timedelta(minutes=10)  # a form that was opened in time may be filled in

_READING_METHODS = ("GET", "HEAD")


class Anonymous(AnonymousUserMixin):
    """Nobody: may do nothing."""

    email = None

    def may(self, role: Role) -> bool:
        return False


def requires(role: Role, confirmed: bool = False) -> Callable:
    """Mark a view with the role that it needs. Stands below the route: `@blueprint.get("/x")`, then `@requires(Role.STAFF)`.

    `confirmed`: the person must have typed the password within CONFIRMED_FOR; for what weakens the app or takes data out.
    """

    def mark(view: Callable) -> Callable:
        setattr(view, ROLE_ATTRIBUTE, Role(role))
        setattr(view, CONFIRMED_ATTRIBUTE, confirmed)
        return view

    return mark


def is_public(endpoint: str) -> bool:
    """Whether an endpoint stands on the public list.

    >>> is_public("login.show"), is_public("api.campaigns.show"), is_public("campaigns.index")
    (True, True, False)
    """
    return endpoint in PUBLIC_ENDPOINTS or endpoint.split(".")[0] in PUBLIC_BLUEPRINTS


def unguarded_endpoints(app: Flask) -> list[str]:
    """The endpoints that neither name a role nor stand on the public list: nobody could open them."""
    return sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if not is_public(endpoint) and getattr(view, ROLE_ATTRIBUTE, None) is None
    )


def register(app: Flask) -> None:
    login_manager.anonymous_user = Anonymous
    login_manager.session_protection = None  # the key is enough: an address changes on the way to work
    login_manager.user_loader(browser_sessions.load)
    app.before_request(_refuse_other_sites)
    app.before_request(_guard)


def _guard():
    endpoint = request.endpoint
    if endpoint is None or is_public(endpoint):
        return None
    role = getattr(current_app.view_functions[endpoint], ROLE_ATTRIBUTE, None)
    if not current_user.is_authenticated:
        wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
        return redirect(url_for("login.show", next=wanted if wanted != "/" else None), 303)
    if role is None or not current_user.may(role):
        abort(403)
    if _lacks_second_factor():
        return redirect(url_for("second_factor.show"), 303)
    if getattr(current_app.view_functions[endpoint], CONFIRMED_ATTRIBUTE, False) and not _is_confirmed():
        is_form = request.method not in _READING_METHODS
        wanted = urlsplit(request.referrer or "").path if is_form else request.full_path.rstrip("?")
        return redirect(url_for("confirmation.show", next=wanted), 303)
    return None


def _is_confirmed() -> bool:
    holds = CONFIRMED_FOR if request.method in _READING_METHODS else CONFIRMED_FOR + FORMS_WAIT
    return utc_now() - browser_sessions.current().confirmed_at < holds


def _refuse_other_sites() -> None:
    """A browser says itself which site a form came from; the CSRF token is asked for all the same."""
    if request.method in _READING_METHODS or PUBLIC_BLUEPRINTS.intersection(request.blueprints):
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        abort(403)


def _lacks_second_factor() -> bool:
    """Whether the person must set up a second factor before anything else."""
    if request.blueprint in BEFORE_SECOND_FACTOR or has_second_factor(current_user):
        return False
    return must_have_second_factor(current_user)
