"""Between the app and PostgreSQL, as a process of its own: to kill it is to cut every connection at that moment.

Run: python -m tests.database_proxy PORT SOCKET
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.server_process import free_port

ROOT = Path(__file__).parent.parent


class DatabaseProxy:
    """Use as a context manager. `url` leads to the database through the proxy."""

    def __init__(self, database_url: str):
        url = make_url(database_url)
        self._socket = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
        self._port = free_port()
        through = url.set(host="127.0.0.1", port=self._port, query={})
        self.url = through.render_as_string(hide_password=False)
        self._process: subprocess.Popen | None = None
        self.start()

    def __enter__(self) -> "DatabaseProxy":
        return self

    def __exit__(self, *_) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def start(self) -> None:
        """Begin to forward, after a cut once more on the same port."""
        if self._process is not None:
            self._process.communicate()
        command = [sys.executable, "-m", "tests.database_proxy", str(self._port), self._socket]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "forwarding\n"


async def forward(port: int, socket: str) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(socket)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copied(reader, back), copied(there, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    sys.stdout.write("forwarding\n")
    sys.stdout.flush()
    await server.serve_forever()


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(forward(int(sys.argv[1]), sys.argv[2]))
