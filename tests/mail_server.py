"""A mail server that keeps what it is given."""

import email
import email.policy
import time
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from tests.server_process import free_port


class MailServer:
    """`messages`: those taken so far; `url`: for SMTP_URL."""

    def __init__(self, port: int, refuses: bool):
        self.url = f"smtp://127.0.0.1:{port}"
        self.messages = []
        self._refuses = refuses

    async def handle_DATA(self, _server, _session, envelope):
        if self._refuses:
            return "554 not today"
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"

    def wait_for(self, how_many: int):
        until = time.monotonic() + 20
        while len(self.messages) < how_many:
            assert time.monotonic() < until, f"{len(self.messages)} mails, not {how_many}"
            time.sleep(0.02)
        return self.messages


@contextmanager
def a_mail_server(refuses: bool = False):
    port = free_port()
    server = MailServer(port, refuses)
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
