"""The examples in the docstrings of the pure parts are true."""

import doctest
import importlib
import pkgutil

import pytest

import campaign_app.domain
import campaign_app.whatsapp

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (campaign_app.domain, campaign_app.whatsapp)
    for module in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
