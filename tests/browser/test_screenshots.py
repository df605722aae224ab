"""The command that takes the pictures: every page that it opens is there."""

import pytest

from campaign_app.domain.ids import new_id
from tests.browser.screenshots import PAGES
from tests.databases import an_app

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_picture_exists(name):
    address = PAGES[name].format(sent=new_id(), draft=new_id()).split("?")[0]
    endpoint, _ = an_app("sqlite:///unused.db").url_map.bind("localhost").match(address, "GET")
    assert not endpoint.endswith("static") and len(PAGES) == 10
