# SPDX-License-Identifier: Apache-2.0
"""Servers of the Python `websockets` library for `swiftlet-perf` to measure."""

import asyncio
import contextlib
import threading

from serverprocess import PATIENCE
from websockets.asyncio.server import serve

BRIEF = ["--duration", "300ms"]


@contextlib.contextmanager
def python_server(handler):
    """A server with `handler` on a loop of its own; its port."""
    loop = asyncio.new_event_loop()
    started, port, stop = threading.Event(), [], asyncio.Event()

    async def run():
        async with serve(handler, "127.0.0.1", 0, compression=None) as server:
            port.append(server.sockets[0].getsockname()[1])
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
