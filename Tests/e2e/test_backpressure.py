# SPDX-License-Identifier: Apache-2.0
"""A client that sends and does not read: it is made to wait, and loses nothing."""

import select

import pytest
from rawsocket import BINARY, CLOSE, PATIENCE, PING, PONG, RawSocket, frame

MIB = 1 << 20
# Far more than the kernel's buffers of both directions hold together.
TOTAL = 96 * MIB
# What one connection may cost while it waits: its send queue (1 MiB by default), one message and
# slack for the allocator; a server that queues what it cannot send would hold nearly TOTAL.
ALLOWED = 24 * MIB


def numbered(size: int) -> list[bytes]:
    return [
        number.to_bytes(8) + bytes([number & 0xFF]) * (size - 8) for number in range(TOTAL // size)
    ]


@pytest.mark.parametrize("size", [1024, 65536, 2 * MIB])
def test_client_that_stops_reading(start_server, size):
    process = start_server()
    with RawSocket(process.port, receive_buffer=65536) as connection:
        connection.upgrade()
        before = process.rss()
        messages = numbered(size)
        stream = b"".join(frame(BINARY, message) for message in messages)

        sent = send_until_refused(connection, stream)
        assert sent < len(stream), "the server took everything and held it"
        assert process.rss() - before < ALLOWED

        with connection.sending(stream[sent:]):
            for message in messages:
                connection.expect_message(BINARY, message)
        assert process.rss() - before < ALLOWED


FLOODS = {
    "images": ("/stats", frame(BINARY, b"x")),
    "wrong images": ("/stats?shape=4x4", frame(BINARY, b"x")),
    "requests": (None, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
}


@pytest.mark.parametrize("path, request_", FLOODS.values(), ids=FLOODS)
def test_answers_nobody_reads_are_bounded(start_server, path, request_):
    """Small questions with larger answers, by a client that only asks."""
    process = start_server()
    with RawSocket(process.port, receive_buffer=65536) as connection:
        if path:
            connection.upgrade(path)
        before = process.rss()
        stream = request_ * (32 * MIB // len(request_))
        assert send_until_refused(connection, stream) < len(stream)
        assert process.rss() - before < ALLOWED


def test_flood_of_pings_is_closed_with_1008(start_server):
    """The answers are bounded by the limit on control frames a second, which ends the connection."""
    process = start_server()
    with RawSocket(process.port, receive_buffer=65536) as connection:
        connection.upgrade()
        before = process.rss()
        ping = frame(PING, b"x" * 125)
        send_until_refused(connection, ping * (32 * MIB // len(ping)))
        assert process.rss() - before < ALLOWED
        pongs = 0
        while (received := connection.receive_frame()).opcode == PONG:
            pongs += 1
        assert received.opcode == CLOSE and received.payload[:2] == (1008).to_bytes(2)
        assert pongs >= 1000  # the limit; more where a second ended meanwhile


def send_until_refused(connection: RawSocket, stream: bytes) -> int:
    """Sends until the socket has taken nothing for a second; returns how much it took."""
    view = memoryview(stream)
    sent = 0
    connection.socket.setblocking(False)
    try:
        while sent < len(stream) and select.select([], [connection.socket], [], 1.0)[1]:
            sent += connection.socket.send(view[sent : sent + MIB])
    finally:
        connection.socket.settimeout(PATIENCE)
    return sent


def test_others_are_served_meanwhile(start_server):
    process = start_server("--loops", "1")  # so that both are on the same loop
    with RawSocket(process.port, receive_buffer=65536) as stuck, RawSocket(process.port) as other:
        stuck.upgrade()
        other.upgrade()
        send_until_refused(stuck, frame(BINARY, bytes(MIB)) * 64)
        for number in range(100):
            other.send(frame(BINARY, b"%d" % number))
            other.expect_message(BINARY, b"%d" % number)
