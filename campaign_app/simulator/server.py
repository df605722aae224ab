"""Runs the simulator until it is stopped: `python -m campaign_app.simulator --port 9000 …`."""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Sequence

from aiohttp import web

from .account import has_answered_handshake
from .app import create_simulator
from .behaviour import behaviour_table
from .settings import SimulatorSettings, add_arguments, settings_from_arguments
from .state import SIMULATOR, Simulator

BACKLOG = 1024
HANDSHAKE_TRIES = 60
HANDSHAKE_PAUSE_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve. Returns the exit code: 0 when stopped, 1 when it could not start."""
    parser = argparse.ArgumentParser(
        prog="simulate",
        description="A simulator of Meta's WhatsApp Cloud API, for this machine only.",
        epilog=_behaviour_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    try:
        settings = settings_from_arguments(parser.parse_args(arguments))
    except ValueError as error:
        parser.error(str(error))
    try:
        run(settings)
    except OSError as error:
        sys.stderr.write(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}\n")
        return 1
    return 0


def run(settings: SimulatorSettings) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError when the address cannot be had."""
    asyncio.run(_serve(settings))


async def _serve(settings: SimulatorSettings) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    app = create_simulator(settings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    listener = _listen(settings)
    await runner.setup()
    port = listener.getsockname()[1]
    sys.stdout.write(f"Cloud API simulator on http://{settings.host}:{port}\n")
    sys.stdout.flush()
    tasks = [asyncio.create_task(_accept(listener, runner, app[SIMULATOR]))]
    if settings.verify:
        tasks.append(asyncio.create_task(_shake_hands(app[SIMULATOR])))
    try:
        await stopped.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        listener.close()
        await runner.cleanup()


def _listen(settings: SimulatorSettings) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


async def _accept(listener: socket.socket, runner: web.AppRunner, simulator: Simulator) -> None:
    """Take connections by hand: the kill point `on_connect` must see each before a byte of it is read."""
    loop = asyncio.get_running_loop()
    while True:
        connection, address = await loop.sock_accept(listener)
        if simulator.kill_points.connect(address):
            connection.close()  # what the client wrote before it died is never read
            continue
        try:
            await loop.connect_accepted_socket(runner.server, connection)
        except OSError:
            connection.close()


async def _shake_hands(simulator: Simulator) -> None:
    """The webhook's verification, tried for half a minute because the app may start after the simulator."""
    for _ in range(HANDSHAKE_TRIES):
        settings = simulator.settings
        if await has_answered_handshake(simulator, settings.webhook_url, settings.verify_token):
            simulator.handshake = "verified"
            sys.stdout.write("The webhook answered the handshake.\n")
            sys.stdout.flush()
            return
        await asyncio.sleep(HANDSHAKE_PAUSE_SECONDS)
    simulator.handshake = "failed"
    sys.stderr.write("The webhook did not answer the handshake.\n")


def _behaviour_text() -> str:
    rows = behaviour_table()
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"  {row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}" for row in rows]
    return "The recipient number's last digits choose what happens:\n" + "\n".join(lines)
