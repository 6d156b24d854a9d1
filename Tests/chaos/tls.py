# SPDX-License-Identifier: Apache-2.0
"""What hostile clients do to a server that speaks TLS: most do not get through its handshake."""

import asyncio
import contextlib
import ssl

from client import Broken, Client, Deed  # first: it finds the modules below
from rawsocket import BINARY, frame, upgrade_request

TLS: dict[str, Deed] = {}


def deed(do: Deed) -> Deed:
    TLS[do.__name__] = do
    return do


class Session:
    """TLS over a client's connection, a record at a time."""

    def __init__(self, client: Client):
        self.client = client
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # who it is does not matter here
        self.object = context.wrap_bio(self.incoming, self.outgoing)

    def hello(self) -> bytes:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.object.do_handshake()
        return self.outgoing.read()

    async def shake_hands(self) -> None:
        data = self.hello()
        while True:
            await self.client.send(data)
            try:
                self.object.do_handshake()
                return await self.client.send(self.outgoing.read())
            except ssl.SSLWantReadError:
                data = self.outgoing.read()
                self.incoming.write(await self.client.receive() or b"\x15\x03\x03")

    def records(self, data: bytes) -> bytes:
        self.object.write(data)
        return self.outgoing.read()


@deed
async def broken_hello(client: Client) -> None:
    await client.connect()
    hello = Session(client).hello()
    await client.send(hello[: client.chance.randrange(len(hello))])
    await client.rest(0.2)
    client.reset()


@deed
async def spoilt_hello(client: Client) -> None:
    """One byte is another: whatever that makes of it, the connection ends."""
    await client.connect()
    hello = bytearray(Session(client).hello())
    hello[client.chance.randrange(len(hello))] ^= client.chance.randrange(1, 256)
    with contextlib.suppress(ConnectionError):
        await client.send(bytes(hello))
        client.end_sending()
    await client.receive_to_end()


@deed
async def hello_byte_by_byte(client: Client) -> None:
    await client.connect()
    with contextlib.suppress(ConnectionError):
        for byte in Session(client).hello():
            await client.send(bytes([byte]))
            await asyncio.sleep(0)
        client.end_sending()
    answer = await client.receive_to_end()
    if answer and not answer.startswith((b"\x16\x03", b"\x15\x03")):
        raise Broken(f"a hello was answered with {answer[:80]!r}")


@deed
async def no_tls(client: Client) -> None:
    await client.connect()
    with contextlib.suppress(ConnectionError):
        await client.send(client.chance.choice([client.bytes(4096), upgrade_request()]))
        client.end_sending()
    if b" 101 " in await client.receive_to_end():
        raise Broken("let in without TLS")


@deed
async def slow_hello(client: Client) -> None:
    """Never comes to its end; reads until the server has had enough."""
    await client.connect()
    hello = Session(client).hello()
    await client.send(hello[: client.chance.randrange(len(hello))])
    await client.receive_to_end()


@deed
async def handshake_and_gone(client: Client) -> None:
    await client.connect()
    await Session(client).shake_hands()
    client.reset()


@deed
async def spoilt_record(client: Client) -> None:
    await client.connect()
    session = Session(client)
    await session.shake_hands()
    record = bytearray(session.records(upgrade_request() + frame(BINARY, bytes(1000))))
    record[client.chance.randrange(5, len(record))] ^= 1
    with contextlib.suppress(ConnectionError):
        await client.send(bytes(record))
    answer = await client.receive_to_end()
    if len(answer) > 4096:
        raise Broken("a spoilt record was answered at length")


@deed
async def cut_record(client: Client) -> None:
    await client.connect()
    session = Session(client)
    await session.shake_hands()
    record = session.records(upgrade_request() + frame(BINARY, client.bytes(1 << 17)))
    await client.send(record[: client.chance.randrange(len(record))])
    await client.rest(0.2)
    client.reset()


@deed
async def deaf(client: Client) -> None:
    """Sends what is to be sent back, and reads none of it."""
    await client.connect(receive_buffer=4096)
    session = Session(client)
    await session.shake_hands()
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(0.5):
            await client.send(session.records(upgrade_request()))
            for _ in range(64):
                await client.send(session.records(frame(BINARY, bytes(1 << 16))))
    await client.rest(1)
    client.reset()
