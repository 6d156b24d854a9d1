# SPDX-License-Identifier: Apache-2.0
"""Well-behaved clients by TLS: numbered messages of random bytes, each answer compared, none missing."""

import asyncio
import random
import ssl
import struct
import threading
import time

from rawsocket import BINARY, CLOSE, close_payload, frame, upgrade_request

INTERVAL = 0.1  # between a client's messages, on average


class Steady:
    """Echoes on a thread of its own while the body runs; then all clients must end in order."""

    def __init__(self, port: int, context: ssl.SSLContext, clients: int, seed: int):
        self.port, self.context, self.clients, self.seed = port, context, clients, seed
        self.times: list[float] = []
        self.error: BaseException | None = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        if self.error:
            raise self.error

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as error:  # for the thread that waits
            self.error = error

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self.clients):
                group.create_task(self._echo(random.Random(f"{self.seed} {number}")))

    async def _echo(self, chance: random.Random) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost"
        )
        writer.write(upgrade_request())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        number = 0
        while not self.ending.is_set():
            await asyncio.sleep(chance.expovariate(1 / INTERVAL))
            message = struct.pack(">Q", number) + chance.randbytes(504)
            sent = time.perf_counter()
            writer.write(frame(BINARY, message))
            answer = await reader.readexactly(4 + len(message))
            self.times.append(time.perf_counter() - sent)
            assert answer == frame(BINARY, message, masked=False), f"message {number} is another"
            number += 1
        writer.write(frame(CLOSE, close_payload(1000)))
        assert await reader.read() == frame(CLOSE, close_payload(1000), masked=False)
        writer.close()
