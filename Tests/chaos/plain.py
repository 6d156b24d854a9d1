# SPDX-License-Identifier: Apache-2.0
"""What hostile clients do to a server by TCP, HTTP and WebSocket."""

import asyncio
import contextlib

from client import Broken, Client, Deed, frames  # first: it finds the modules below
from rawsocket import BINARY, CLOSE, CONTINUATION, PING, frame, frame_header, upgrade_request
from test_smuggling import ALL as SMUGGLING

PLAIN: dict[str, Deed] = {}


def deed(do: Deed) -> Deed:
    PLAIN[do.__name__] = do
    return do


# Those who leave


@deed
async def reset_anywhere(client: Client) -> None:
    await client.connect()
    stream = upgrade_request()
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
    with contextlib.suppress(ConnectionError):
        for byte in upgrade_request() + frame(BINARY, message):
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
    head = upgrade_request()
    await client.send(head[: client.chance.randrange(len(head) - 1)])
    answer = await client.receive_to_end()
    if answer and not answer.startswith(b"HTTP/1.1 408 "):
        raise Broken(f"half a head was answered with {answer[:80]!r}")


@deed
async def silent(client: Client) -> None:
    """Comes and says nothing, then leaves without a word."""
    await client.connect()
    await client.rest(2)
