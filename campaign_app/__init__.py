"""Campaign App: WhatsApp template messages to thousands of customers, within WhatsApp's limits."""

import os
from datetime import timedelta
from pathlib import Path

from dotenv import load_dotenv
from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from campaign_app import logs, models  # noqa: F401
from campaign_app.cli import registry as commands
from campaign_app.database import engine_options, prepare_engine, reading
from campaign_app.extensions import bootstrap, compress, csrf, db, login_manager, migrate
from campaign_app.web import own_host
from campaign_app.web import registry as pages
from campaign_app.web.api import quick_stats

LARGEST_FORM_BYTES = 25 * 2**20
LARGEST_FILE_BYTES = 200 * 2**20  # of a customer file: a million rows, and more


class _SessionCookie(SecureCookieSessionInterface):
    """Binds the cookie to this host alone, and to TLS, wherever the page itself came over TLS."""

    def get_cookie_secure(self, app):
        return request.is_secure

    def get_cookie_name(self, app):
        return "__Host-session" if request.is_secure else "session"

    def get_cookie_domain(self, app):
        return None

    def get_cookie_path(self, app):
        return "/"


def create_app(settings: config.Settings | None = None) -> Flask:
    """Build the app. Starts no thread: commands, tests and every gunicorn worker call it. Raises config.SettingError."""
    if settings is None:
        load_dotenv(Path(__file__).parent.parent / ".env")
        settings = config.load_settings(os.environ)
    app = Flask(__name__)
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    app.session_interface = _SessionCookie()
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        MAX_CONTENT_LENGTH=LARGEST_FORM_BYTES,
        LARGEST_FILE_BYTES=LARGEST_FILE_BYTES,
        BOOTSTRAP_SERVE_LOCAL=True,
        # whose answers say "unchanged" also when they are compressed
        COMPRESS_STREAMING_ENDPOINT_CONDITIONAL=["static", "bootstrap.static", "chartkick.static"],
    )
    quick_stats.register(app, logs.note_answer)
    own_host.register(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    logs.configure(app)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db)
    csrf.init_app(app)
    login_manager.init_app(app)
    bootstrap.init_app(app)
    compress.init_app(app)
    _let_gets_only_read(app)
    pages.register(app)
    commands.register(app, create_app)
    return app


def _let_gets_only_read(app: Flask) -> None:
    """GET and HEAD never write, so they must not wait for the writer's lock."""

    inner = app.wsgi_app

    def middleware(environ, start_response):
        if environ.get("REQUEST_METHOD") in ("GET", "HEAD"):
            with reading():
                return inner(environ, start_response)
        return inner(environ, start_response)

    app.wsgi_app = middleware
