# SPDX-License-Identifier: Apache-2.0
"""Clients that do everything a client should not, many at a time until told to stop.

    python hostile.py PORT CLIENTS SEED [KIND ...]

Runs until standard input ends; then the figures are one line of JSON: how often each kind ran, and what
the server did that it should not have. Which client does what, and how much, follows from the seed; what
meets what in time does not.
"""

import asyncio
import contextlib
import json
import random
import socket
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import rawsocket  # noqa: E402
from rawsocket import BINARY, CLOSE, CONTINUATION, PING, frame, frame_header  # noqa: E402
from test_smuggling import ALL as SMUGGLING  # noqa: E402

# A bound on hangs, far above what any step takes.
PATIENCE = 60.0
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
DEEDS: dict[str, Deed] = {}


def deed(do: Deed) -> Deed:
    DEEDS[do.__name__] = do
    return do


# Those who leave


@deed
async def reset_anywhere(client: Client) -> None:
    await client.connect()
    stream = rawsocket.upgrade_request()
    for message in client.messages(6, 3000):
        stream += frame(BINARY, message)
    cut = client.chance.randrange(len(stream) + 1)
    await client.send(stream[:cut])
    await client.rest(0.05)
    client.reset()


@deed
async def reset_in_a_large_message(client: Client) -> None:
    await client.connect()
    await client.upgrade()
    size = client.chance.randrange(1 << 16, 1 << 23)
    await client.send(frame_header(BINARY, size, mask=b"mask"))
    await client.send(bytes(client.chance.randrange(size)))
    client.reset()


@deed
async def storm(client: Client) -> None:
    """Connections that are gone before they are accepted."""
    await client.connect()
    for _ in range(20):
        other = Client(client.port, client.chance)
        await other.connect()
        other.reset()


@deed
async def half_close(client: Client) -> None:
    """Is owed every answer all the same."""
    await client.connect()
    messages = client.messages(20, 20_000)
    behind = b"".join(frame(BINARY, message) for message in messages)
    rest = await client.upgrade(behind)
    client.end_sending()
    received = frames(rest + await client.receive_to_end())
    if [payload for opcode, payload in received if opcode == BINARY] != messages:
        raise Broken(f"{len(received)} of {len(messages)} answers after a half-close")


# Those who talk nonsense


@deed
async def garbage(client: Client) -> None:
    await client.connect()
    junk = client.bytes(4096)
    if client.chance.random() < 0.5:
        junk = b"GET " + junk + b"\r\n\r\n"
    with contextlib.suppress(ConnectionError):
        await client.send(junk)
        client.end_sending()
    answer = await client.receive_to_end()
    if answer and not answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")):
        raise Broken(f"garbage was answered with {answer[:80]!r}")


@deed
async def garbage_frames(client: Client) -> None:
    await client.connect()
    await client.upgrade()
    with contextlib.suppress(ConnectionError, OSError):
        await client.send(frame(BINARY, b"good") + client.bytes(4096))
        client.end_sending()
    received = frames(await client.receive_to_end())
    if (BINARY, b"good") not in received:
        raise Broken("the answer to what came before garbage is missing")


@deed
async def doubtful_request(client: Client) -> None:
    await client.connect()
    shape = client.chance.choice(list(SMUGGLING.values()))
    with contextlib.suppress(ConnectionError):
        await client.send(shape + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = await client.receive_to_end()
    if answer.count(b"HTTP/1.1 ") != 1:
        raise Broken(f"{answer.count(b'HTTP/1.1 ')} answers to {shape[:80]!r}")


@deed
async def too_much(client: Client) -> None:
    await client.connect()
    await client.upgrade()
    size = client.chance.choice([(16 << 20) + 1, 1 << 40, (1 << 63) - 1])
    await client.send(frame_header(BINARY, size, mask=b"mask"))
    await expect_close(client, 1009)


async def expect_close(client: Client, code: int) -> None:
    received = frames(await client.receive_to_end())
    if not received or received[-1][0] != CLOSE or received[-1][1][:2] != code.to_bytes(2):
        raise Broken(f"not closed with {code} but {received[-1:]}")


# Those who flood


@deed
async def flood_of_pings(client: Client) -> None:
    await client.connect()
    await client.upgrade()
    reading = asyncio.create_task(client.receive_to_end())
    with contextlib.suppress(ConnectionError):
        for _ in range(20):
            await client.send(frame(PING, client.bytes(125)) * 1000)
    received = frames(await reading)
    if (CLOSE, 1008) not in [(op, int.from_bytes(payload[:2])) for op, payload in received]:
        raise Broken("a flood of pings was not closed with 1008")


@deed
async def flood_of_fragments(client: Client) -> None:
    await client.connect()
    await client.upgrade()
    pieces = client.messages(400, 8)
    stream = frame(BINARY, b"", fin=False)
    stream += b"".join(frame(CONTINUATION, piece, fin=False) for piece in pieces)
    await client.send(stream + frame(CONTINUATION))
    client.end_sending()
    received = frames(await client.receive_to_end())
    if (BINARY, b"".join(pieces)) not in received:
        raise Broken("a message of many fragments did not come back")


@deed
async def flood_of_requests(client: Client) -> None:
    """Asks and does not read."""
    await client.connect(receive_buffer=4096)
    request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(0.5):
            for _ in range(20):
                await client.send(request)
    await client.rest(0.5)
    client.reset()


# Those who dawdle


@deed
async def stall(client: Client) -> None:
    """Sends until nothing more is taken; then goes away, or reads all it is owed."""
    await client.connect(receive_buffer=4096)
    await client.upgrade()
    message = client.bytes(1 << 16)
    sent = 0
    one = frame(BINARY, message)
    stream = memoryview(one * 128)
    with contextlib.suppress(TimeoutError):
        while sent < len(stream):
            async with asyncio.timeout(0.3):
                await writable(client)
            sent += client.socket.send(stream[sent:])
    await client.rest(2)
    if client.chance.random() < 0.5:
        return client.reset()
    client.end_sending()
    received = frames(await client.receive_to_end())
    whole = [(BINARY, message)] * (sent // len(one))
    if [part for part in received if part[0] == BINARY] != whole:
        raise Broken(f"{len(received)} of {len(whole)} answers after a stall")


async def writable(client: Client) -> None:
    ready = client.loop.create_future()
    client.loop.add_writer(client.socket, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        client.loop.remove_writer(client.socket)


@deed
async def byte_by_byte(client: Client) -> None:
    """Slow, but right: is owed an answer unless it is too slow."""
    await client.connect()
    message = client.bytes(200)
    late = False
    with contextlib.suppress(ConnectionError):
        for byte in rawsocket.upgrade_request() + frame(BINARY, message):
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        client.end_sending()
    head, _, rest = (await client.receive_to_end()).partition(b"\r\n\r\n")
    late = head.startswith(b"HTTP/1.1 408 ")
    if not late and (BINARY, message) not in frames(rest):
        raise Broken(f"bytes one by one were answered with {head[:80]!r}")


@deed
async def slow_loris(client: Client) -> None:
    """Never comes to the end of its head; reads until the server has had enough."""
    await client.connect()
    head = rawsocket.upgrade_request()
    await client.send(head[: client.chance.randrange(len(head) - 1)])
    answer = await client.receive_to_end()
    if answer and not answer.startswith(b"HTTP/1.1 408 "):
        raise Broken(f"half a head was answered with {answer[:80]!r}")


@deed
async def silent(client: Client) -> None:
    """Comes and says nothing, then leaves without a word."""
    await client.connect()
    await client.rest(2)


# All of them


async def run(port: int, clients: int, seed: int, kinds: list[str]) -> dict:
    counts: Counter[str] = Counter()
    broken: list[str] = []
    stop = asyncio.Event()

    async def act(number: int) -> None:
        chance = random.Random(f"{seed} {number}")
        while not stop.is_set():
            kind = chance.choice(kinds)
            try:
                async with asyncio.timeout(PATIENCE), opened(port, chance) as client:
                    await DEEDS[kind](client)
            except Broken as error:
                broken.append(f"{kind}: {error}")
            except TimeoutError:
                broken.append(f"{kind}: the server left it waiting for {PATIENCE} s")
            except OSError as error:
                broken.append(f"{kind}: {error}")
            counts[kind] += 1
            # Bounds how many connections a second there are: the kernel remembers each for minutes.
            await asyncio.sleep(chance.random() * 0.2)

    tasks = [asyncio.create_task(act(number)) for number in range(clients)]
    await asyncio.to_thread(sys.stdin.read)
    stop.set()
    await asyncio.gather(*tasks)
    return {"counts": dict(sorted(counts.items())), "broken": broken}


@contextlib.asynccontextmanager
async def opened(port: int, chance: random.Random) -> AsyncIterator[Client]:
    client = Client(port, chance)
    try:
        yield client
    finally:
        client.socket.close()


if __name__ == "__main__":
    port, clients, seed = map(int, sys.argv[1:4])
    print(json.dumps(asyncio.run(run(port, clients, seed, sys.argv[4:] or sorted(DEEDS)))))
