"""A client of the Cloud API, and servers for it to meet."""

from collections.abc import Callable, Iterator

import pytest

from campaign_app.whatsapp.client import CloudApi
from tests.whatsapp.peers import Peer

TOKEN = "EAAG-a-token-that-no-log-may-hold"


@pytest.fixture
def a_server() -> Iterator[Callable[[Callable], Peer]]:
    peers: list[Peer] = []

    def start(handle: Callable) -> Peer:
        peers.append(Peer(handle))
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


@pytest.fixture
def an_api(a_server) -> Callable[..., CloudApi]:
    """`an_api(server)` or `an_api("http://…")`: a client of it that waits a second at most."""

    def make(server, seconds: float = 1.0) -> CloudApi:
        url = server if isinstance(server, str) else server.url
        return CloudApi(url, "v25.0", "1065403", "2200110", TOKEN, seconds)

    return make
