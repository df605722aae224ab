"""Requests to another host than our own are refused, where our own is known: nobody else's name gets into a link of ours."""

from urllib.parse import urlsplit

from flask import Flask
from werkzeug import Response
from werkzeug.sansio.utils import host_is_trusted

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")  # probes, and whoever sits at the server


class OwnHost:
    """Stands inside ProxyFix, so that the host is the one that the visitor asked for."""

    def __init__(self, app: Flask, public_url: str):
        self._everything_else = app.wsgi_app
        self._hosts = [urlsplit(public_url).hostname, *THIS_MACHINE]

    def __call__(self, environ, start_response):
        if host_is_trusted(environ.get("HTTP_HOST", ""), self._hosts):
            return self._everything_else(environ, start_response)
        refusal = Response("This app is not served under this name.\n", 400, mimetype="text/plain")
        refusal.headers["X-Content-Type-Options"] = "nosniff"
        return refusal(environ, start_response)


def register(app: Flask) -> None:
    public_url = app.config["SETTINGS"].public_url
    if public_url:
        app.wsgi_app = OwnHost(app, public_url)
