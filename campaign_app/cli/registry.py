"""Every command, bound to the app on one screen."""

from flask import Flask


def register(app: Flask) -> None:
    pass
