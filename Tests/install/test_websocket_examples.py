# SPDX-License-Identifier: Apache-2.0
"""The echo server and the client, each against the other and against `websockets`."""

import asyncio
import contextlib
import os
import re
import socket
import struct
import subprocess
import threading

import pytest
import websockets.asyncio.client
import websockets.sync.client
import websockets.sync.server
from building import run
from websockets.exceptions import ConnectionClosedError
from websockets.extensions.permessage_deflate import PerMessageDeflate

MESSAGE_MAX = 1 << 24  # MESSAGE of echo_server.c
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture(scope="module")
def port(example):
    """That of a server which must outlive all tests."""
    server = subprocess.Popen([example("echo_server"), "0"], stdout=subprocess.PIPE)
    try:
        yield int(server.stdout.readline().rsplit(b":", 1)[1])
        assert server.poll() is None, f"the server ended with {server.returncode}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def url(port):
    return f"ws://127.0.0.1:{port}/"


class CountingSocket(socket.socket):
    sent = received = 0

    def sendall(self, data, *options):
        self.sent += len(data)
        return super().sendall(data, *options)

    def recv(self, *options):
        data = super().recv(*options)
        self.received += len(data)
        return data


def test_echoes_text_binary_and_fragments(url):
    with websockets.sync.client.connect(url, compression=None, max_size=None) as connection:
        noise, largest = os.urandom(300_000), "x" * MESSAGE_MAX
        for message in ["", "Grüße", b"", bytes(range(256)), noise, largest]:
            connection.send(message)
            assert connection.recv(timeout=20) == message
        connection.send(["in ", "", "pieces"])
        assert connection.recv(timeout=20) == "in pieces"
        assert connection.ping().wait(timeout=20)
    assert connection.close_code == 1000


def test_compresses_both_ways(port, url):
    text = "compressible " * 8000
    with CountingSocket() as counting:
        counting.connect(("127.0.0.1", port))
        with websockets.sync.client.connect(url, sock=counting) as connection:
            [extension] = connection.protocol.extensions
            assert isinstance(extension, PerMessageDeflate)
            before = counting.sent, counting.received
            for _ in range(3):
                connection.send(text)
                assert connection.recv(timeout=20) == text
            assert counting.sent - before[0] < 3 * len(text) / 50
            assert counting.received - before[1] < 3 * len(text) / 50
            noise = os.urandom(100_000)
            connection.send(noise)
            assert connection.recv(timeout=20) == noise


def test_message_beyond_the_limit_is_closed_with_1009(url):
    for compression in None, "deflate":  # of one that inflates to too much a small part comes
        with websockets.sync.client.connect(url, compression=compression) as connection:
            connection.send(b"\0" * (MESSAGE_MAX + 1))
            with pytest.raises(ConnectionClosedError) as closed:
                connection.recv(timeout=20)
            assert closed.value.rcvd.code == 1009


def raw(port) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read_to_end(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (UPGRADE.replace(b"13\r\n", b"8\r\n"), 400),
        (UPGRADE.replace(b"Host: a", b"Host: a\r\nX: " + b"a" * 9000), 400),
    ],
)
def test_refuses_what_is_no_handshake(port, request_head, status):
    with raw(port) as connection:
        connection.sendall(request_head)
        assert read_to_end(connection).startswith(b"HTTP/1.1 %d " % status)


def test_handshake_in_single_bytes_with_a_message_behind_it(port):
    message = b"\x82\x83\0\0\0\0abc"
    with raw(port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in UPGRADE + message:
            connection.sendall(bytes([byte]))
        connection.shutdown(socket.SHUT_WR)
        response = read_to_end(connection)
        assert response.startswith(b"HTTP/1.1 101 ")
        assert response.endswith(b"\r\n\r\n\x82\x03abc")


def test_breach_is_answered_with_its_close_code(port):
    for breach, code in [
        (b"\x82\x03abc", 1002),  # not masked
        (b"\xc2\x80\0\0\0\0", 1002),  # compressed, which was not agreed on
        (b"\x81\x81\0\0\0\0\xff", 1007),
        (b"\x82\xff\x7f" + b"\xff" * 7 + b"\0\0\0\0", 1009),
    ]:
        with raw(port) as connection:
            connection.sendall(UPGRADE + breach)
            assert read_to_end(connection).endswith(b"\x88\x02" + struct.pack(">H", code))


def test_survives_what_clients_do(port, url):
    reset = struct.pack("ii", 1, 0)
    for frames in [b"", b"\x82", b"\x82\xfe\x10\0\0\0\0\0ab"]:
        with raw(port) as connection:  # cut in the middle, by a reset
            connection.sendall(UPGRADE + frames)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    with raw(port) as connection:  # noise where frames are due
        connection.sendall(UPGRADE + os.urandom(100_000))
        with contextlib.suppress(ConnectionError):
            read_to_end(connection)
    with websockets.sync.client.connect(url) as connection:
        connection.send("still there")
        assert connection.recv(timeout=20) == "still there"


def test_a_client_that_takes_no_answers_is_not_read(port):
    """It can make the server hold what one read gave, not more."""
    frame = b"\x82\xfe\xff\xff\0\0\0\0" + bytes(0xFFFF)
    with raw(port) as connection:
        connection.sendall(UPGRADE)
        connection.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            for _ in range(2000):
                sent += connection.send(frame)
        assert sent < 64 << 20
        connection.settimeout(20)
        assert connection.recv(13) == b"HTTP/1.1 101 "


def test_two_hundred_clients_at_once(url):
    async def talk(number: int):
        async with websockets.asyncio.client.connect(url, open_timeout=30) as connection:
            await everyone_is_here.wait()
            for turn in range(5):
                message = f"{number}, {turn}: " + "x" * 37 * number
                await connection.send(message)
                assert await connection.recv() == message

    async def talk_all():
        nonlocal everyone_is_here
        everyone_is_here = asyncio.Barrier(200)
        await asyncio.gather(*(talk(number) for number in range(200)))

    everyone_is_here: asyncio.Barrier
    asyncio.run(asyncio.wait_for(talk_all(), 60))


def test_client_talks_to_the_server(example, port):
    assert run(example("client"), "127.0.0.1", port).splitlines() == [
        "connected, with compression",
        "text, 16 bytes: Hello, WebSocket",
        "binary, 4 bytes",
        "closed with 1000",
    ]


@contextlib.contextmanager
def serve(handler, **options):
    with websockets.sync.server.serve(handler, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("compression", ["deflate", None])
def test_client_talks_to_websockets(example, compression):
    seen = []

    def echo(connection):
        connection.ping("are you there")
        for message in connection:
            seen.append(message)
            connection.send(message)
        seen.append(connection.close_code)

    with serve(echo, compression=compression) as port:
        output = run(example("client"), "127.0.0.1", port, "/chat?room=1")
    assert output.startswith(f"connected, {'with' if compression else 'without'} compression\n")
    assert output.endswith("binary, 4 bytes\nclosed with 1000\n")
    assert seen == ["Hello, WebSocket", b"\x00\x01\x02\xff", 1000]


def test_client_takes_a_close_frame(example):
    with serve(lambda connection: connection.close(1001)) as port:
        assert run(example("client"), "127.0.0.1", port).endswith("closed with 1001\n")


@pytest.mark.parametrize(
    ("response", "complaint"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", r"response: .*101"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "response: "),
        (b"", "response: it ends too early"),
        (b"HTTP/1.1 101 A\r\nX: " + b"a" * 20000, "response: it ends too early, or is too long"),
        (
            b"HTTP/1.1 101 A\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "response: .*Accept",
        ),
    ],
)
def test_client_refuses_a_server_that_is_none(example, response, complaint):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection, contextlib.suppress(ConnectionError):
                connection.recv(4096)
                connection.sendall(response)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        output = run(example("client"), "127.0.0.1", listener.getsockname()[1], status=1)
        thread.join()
    assert re.match("client: " + complaint, output), output


def test_client_needs_somebody_there(example):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    output = run(example("client"), "127.0.0.1", port, status=1)
    assert output == "client: 127.0.0.1: cannot connect\n"
