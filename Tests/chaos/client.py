# SPDX-License-Identifier: Apache-2.0
"""A hostile client's connection, and what it is told."""

import asyncio
import contextlib
import random
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import rawsocket  # noqa: E402

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class Broken(Exception):
    """The server did what it should not."""


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """The opcodes and payloads of a server's whole frames."""
    found = []
    at = 0
    while at + 2 <= len(data):
        opcode, size = data[at] & 0x0F, data[at + 1] & 0x7F
        at += 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size = int.from_bytes(data[at : at + wide])
            at += wide
        found.append((opcode, data[at : at + size]))
        at += size
    return found


class Client:
    """One connection and its share of chance."""

    def __init__(self, port: int, chance: random.Random):
        self.port = port
        self.chance = chance
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.loop = asyncio.get_running_loop()

    async def connect(self, *, receive_buffer: int | None = None) -> None:
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        # From many addresses, so that no one of them runs out of ports.
        self.socket.bind((f"127.0.{self.chance.randrange(1, 255)}.1", 0))
        await self.loop.sock_connect(self.socket, ("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def send(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.socket, data)

    async def receive(self) -> bytes:
        return await self.loop.sock_recv(self.socket, 1 << 16)

    async def receive_to_end(self) -> bytes:
        """All that comes until the server ends the connection, be it by a reset."""
        received = bytearray()
        with contextlib.suppress(ConnectionError):
            while data := await self.receive():
                received += data
        return bytes(received)

    async def upgrade(self, behind: bytes = b"") -> bytes:
        """Opens a WebSocket; what else has come by then."""
        await self.send(rawsocket.upgrade_request() + behind)
        received = b""
        while b"\r\n\r\n" not in received:
            data = await self.receive()
            if not data:
                raise Broken(f"no upgrade but {received[:80]!r}")
            received += data
        head, _, rest = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Broken(f"no upgrade but {head[:80]!r}")
        return rest

    def end_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()

    async def rest(self, most: float) -> None:
        await asyncio.sleep(self.chance.random() * most)

    def bytes(self, most: int) -> bytes:
        return self.chance.randbytes(self.chance.randrange(1, most))

    def messages(self, most: int, size: int) -> list[bytes]:
        return [self.bytes(size) for _ in range(self.chance.randrange(1, most))]


Deed = Callable[[Client], Awaitable[None]]
