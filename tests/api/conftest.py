"""Programs with a token of each role."""

import pytest

from tests.api.client import ApiClient


@pytest.fixture
def staff(app):
    return ApiClient(app, "staff")


@pytest.fixture
def viewer(app):
    return ApiClient(app, "viewer")


@pytest.fixture
def stranger(app):
    return ApiClient(app, None)
