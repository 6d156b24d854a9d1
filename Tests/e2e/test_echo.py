# SPDX-License-Identifier: Apache-2.0
"""/echo: every message back as it came, whatever its size, pieces and company."""

import asyncio
import random

import pytest
import websockets
from rawsocket import (
    BINARY,
    CONTINUATION,
    PING,
    TEXT,
    RawSocket,
    close_payload,
    frame,
    frame_header,
    upgrade_request,
    xor,
)
from websockets.sync.client import connect as client

MIB = 1 << 20
MAX_MESSAGE_SIZE = 16 * MIB  # the default of --max-message-size

SIZES = [0, 1, 125, 126, 65535, 65536, MIB, MAX_MESSAGE_SIZE]


def text_of(size: int) -> str:
    """Letters of one and two bytes, `size` bytes in all."""
    return ("aé" * (size // 3 + 1))[: size // 3 * 2] + "z" * (size % 3)


@pytest.mark.parametrize("size", SIZES)
def test_binary_of_size(server, size):
    payload = random.Random(size).randbytes(size)
    with client(f"{server.url}/echo", max_size=None) as connection:
        connection.send(payload)
        answer = connection.recv()
    equal = answer == payload
    assert equal, f"{len(answer)} bytes"


@pytest.mark.parametrize("size", SIZES)
def test_text_of_size(server, size):
    payload = text_of(size)
    assert len(payload.encode()) == size
    with client(f"{server.url}/echo", max_size=None) as connection:
        connection.send(payload)
        answer = connection.recv()
    equal = answer == payload
    assert equal, f"{len(answer)} characters"


def test_one_byte_over_the_limit_closes_with_1009(server):
    # The client is still sending when the server has had enough: the close frame must reach it all
    # the same, not be lost to a reset.
    with (
        client(f"{server.url}/echo", compression=None, max_size=None) as connection,
        pytest.raises(websockets.ConnectionClosed) as closed,
    ):
        connection.send(bytes(MAX_MESSAGE_SIZE + 1))
        connection.recv()
    assert closed.value.rcvd and closed.value.rcvd.code == 1009


def test_header_promising_too_much_closes_with_1009(connect):
    connection = connect()
    connection.send(frame_header(BINARY, MAX_MESSAGE_SIZE + 1, mask=b"mask"))
    connection.expect_close(1009)


def test_fragments_adding_up_to_too_much_close_with_1009(connect):
    connection = connect()
    half = bytes(MAX_MESSAGE_SIZE // 2)
    connection.send(frame(BINARY, half, fin=False) + frame(CONTINUATION, half, fin=False))
    connection.send(frame(PING, b"at the limit"))
    connection.expect_pong(b"at the limit")
    connection.send(frame(CONTINUATION, b"x"))
    connection.expect_close(1009)


def test_huge_promised_length_takes_no_memory(start_server):
    process = start_server("--max-message-size", "1073741824")
    with RawSocket(process.port) as first:
        first.upgrade()
        before = process.rss()
        others = [RawSocket(process.port).upgrade() for _ in range(20)]
        for other in others:
            other.send(frame_header(BINARY, 1 << 30, mask=b"mask") + b"some")
        first.send(frame(PING))
        first.expect_pong(b"")
        assert process.rss() - before < 64 * MIB
        for other in others:
            other.close()


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_fragments_with_pings_between(connect, opcode):
    connection = connect()
    pieces = [b"one ", b"", b"two ", b"x" * 70000, b" end"]
    for index, piece in enumerate(pieces):
        first, last = index == 0, index == len(pieces) - 1
        connection.send(frame(opcode if first else CONTINUATION, piece, fin=last))
        if not last:
            connection.send(frame(PING, b"ping %d" % index))
            # At once: a control frame does not wait for the message around it (RFC 6455 §5.4).
            connection.expect_pong(b"ping %d" % index)
    connection.expect_message(opcode, b"".join(pieces))


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(125))])
def test_ping_is_answered_with_its_payload(connect, payload):
    connection = connect()
    connection.send(frame(PING, payload))
    connection.expect_pong(payload)


def test_unsolicited_pong_is_ignored(connect):
    connection = connect()
    connection.send(frame(0xA, b"nobody asked") + frame(TEXT, b"still here"))
    connection.expect_message(TEXT, b"still here")


def test_every_mask_is_applied(connect):
    connection = connect()
    payload = bytes(range(256)) + b"odd"
    for key in [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04", b"\x80\0\0\x7f"]:
        connection.send(frame_header(BINARY, len(payload), mask=key) + xor(payload, key))
        connection.expect_message(BINARY, payload)


def test_byte_by_byte(server):
    with RawSocket(server.port) as connection:
        request = upgrade_request()
        stream = frame(TEXT, "grüße".encode(), fin=False) + frame(PING, b"p")
        stream += frame(CONTINUATION, b"!" * 130) + frame(0x8, close_payload(1000))
        for byte in request:
            connection.send(bytes([byte]))
        connection.check_upgraded(request)
        for byte in stream:
            connection.send(bytes([byte]))
        connection.expect_pong(b"p")
        connection.expect_message(TEXT, "grüße".encode() + b"!" * 130)
        connection.expect_close(1000)


def test_pipelined_messages_in_one_send(connect):
    connection = connect()
    messages = [(TEXT if i % 2 else BINARY, b"message %d" % i * (i % 40)) for i in range(5000)]
    with connection.sending(b"".join(frame(*message) for message in messages)):
        for message in messages:
            connection.expect_message(*message)


def test_random_pieces_of_a_stream(connect):
    """Frames cut anywhere by the network: headers, masks and payloads end in mid-buffer."""
    chance = random.Random(20240601)
    connection = connect()
    messages = [chance.randbytes(chance.choice([0, 5, 125, 126, 4096, 66000])) for _ in range(60)]
    stream = b"".join(frame(BINARY, message) for message in messages)
    answers = []
    at = 0
    while at < len(stream):
        size = chance.choice([1, 2, 3, 13, 1000, 16384, 100000])
        connection.send(stream[at : at + size])
        at += size
        while not connection.nothing_received():
            answers.append(connection.receive_message())
    while len(answers) < len(messages):
        answers.append(connection.receive_message())
    assert answers == [(BINARY, message) for message in messages]


def test_characters_split_across_fragments(connect):
    connection = connect()
    text = "κόσμε 𝄞 \U0010ffff é".encode()
    for cut in range(1, len(text)):
        connection.send(frame(TEXT, text[:cut], fin=False) + frame(CONTINUATION, text[cut:]))
        connection.expect_message(TEXT, text)
    single = [frame(CONTINUATION, bytes([byte]), fin=False) for byte in text]
    connection.send(frame(TEXT, b"", fin=False) + b"".join(single) + frame(CONTINUATION))
    connection.expect_message(TEXT, text)


def test_binary_may_hold_any_bytes(connect):
    connection = connect()
    payload = b"\xff\xfe\x80\xc0\x00" * 100
    connection.send(frame(BINARY, payload))
    connection.expect_message(BINARY, payload)


def test_long_connection_with_messages_one_by_one(server):
    with client(f"{server.url}/echo") as connection:
        for number in range(2000):
            message = f"message {number}" if number % 2 else b"%d" % number * 50
            connection.send(message)
            assert connection.recv() == message
        assert connection.close_code is None
    assert connection.close_code == 1000


@pytest.mark.parametrize("offer", [None, "deflate"])
def test_parallel_short_connections(server, offer):
    """Many clients with one message each. An offer of compression may be taken or left."""

    async def one(number: int) -> None:
        message = f"client {number}"
        uri = f"{server.url}/echo"
        async with websockets.connect(uri, compression=offer, open_timeout=30) as connection:
            await connection.send(message)
            assert await connection.recv() == message
        assert connection.close_code == 1000

    async def all_of_them() -> None:
        for batch in range(5):
            await asyncio.gather(*(one(batch * 100 + i) for i in range(100)))

    asyncio.run(all_of_them())


def test_random_bytes_harm_nobody_else(server, connect):
    witness = connect()
    for seed in range(100):
        with RawSocket(server.port) as hostile:
            if seed % 2:
                hostile.upgrade()
            hostile.send_until_cut(random.Random(seed).randbytes(3000))
        witness.send(frame(TEXT, b"%d" % seed))
        witness.expect_message(TEXT, b"%d" % seed)
