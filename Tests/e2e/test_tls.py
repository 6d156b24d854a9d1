# SPDX-License-Identifier: Apache-2.0
"""wss and https as clients see them: Python's ssl, websockets, curl and openssl's s_client."""

import asyncio
import os
import socket
import ssl
import subprocess

import pytest
import websockets
from certificates import make_identity
from rawsocket import RawSocket
from serverprocess import PATIENCE

SIZES = [0, 1, 125, 126, 16383, 16384, 16385, 65535, 65536, 300_000, 1 << 20, 16 << 20]


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    return make_identity(tmp_path_factory.mktemp("identity"))


@pytest.fixture
def tls(start_server, identity):
    process = start_server("--loops", "1", *identity.flags)
    assert process.scheme == "wss"
    return process


def wss(process, identity, **options):
    return websockets.connect(
        f"wss://localhost:{process.port}/echo",
        ssl=identity.trusting(),
        max_size=None,
        compression=None,
        **options,
    )


def curl(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["curl", "--silent", "--show-error", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def s_client(process, *arguments: str, say: str = "") -> str:
    """What openssl's client prints, after it has said something."""
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{process.port}", *arguments],
        input=say,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=PATIENCE,
    ).stdout


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_messages_of_all_sizes_come_back(start_server, tmp_path, kind):
    identity = make_identity(tmp_path, kind=kind)
    process = start_server("--loops", "1", *identity.flags)

    async def echo():
        async with wss(process, identity) as connection:
            for size in SIZES:
                message = os.urandom(size)
                await connection.send(message)
                assert await connection.recv() == message, size

    asyncio.run(asyncio.wait_for(echo(), PATIENCE))


@pytest.mark.parametrize(("count", "size"), [(5000, 300), (40, 1 << 20)])
def test_many_in_flight_to_a_slow_reader(tls, identity, count, size):
    """More than sockets and queues hold: the server stops reading, and goes on where it stopped."""

    async def echo():
        async with wss(tls, identity) as connection:
            messages = [os.urandom(size) for _ in range(count)]

            async def send():
                for message in messages:
                    await connection.send(message)

            sending = asyncio.create_task(send())
            connection.transport.pause_reading()
            await asyncio.wait([sending], timeout=1)
            connection.transport.resume_reading()
            for message in messages:
                assert await connection.recv() == message
            await sending

    asyncio.run(asyncio.wait_for(echo(), PATIENCE))


def test_https(tls, identity):
    answer = curl("--cacert", str(identity.certificate), f"https://localhost:{tls.port}/healthz")
    assert (answer.returncode, answer.stdout) == (0, "ok\n")


def test_a_wrong_authority_is_seen_by_the_client(tls, tmp_path):
    other = make_identity(tmp_path)
    answer = curl("--cacert", str(other.certificate), f"https://localhost:{tls.port}/healthz")
    assert answer.returncode == 60, answer


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("-tls1_1", "alert protocol version"),
        ("-tls1_2", "New, TLSv1.2"),
        ("-tls1_3", "New, TLSv1.3"),
    ],
)
def test_versions(tls, flag, says):
    assert says in s_client(tls, flag)


def test_alpn(tls):
    assert "ALPN protocol: http/1.1" in s_client(tls, "-alpn", "h2,http/1.1")
    assert "alert no application protocol" in s_client(tls, "-alpn", "h2")


def test_http_in_clear_is_told_so(tls):
    answer = curl("--include", f"http://localhost:{tls.port}/healthz")
    assert answer.stdout.startswith("HTTP/1.1 400 ")
    assert "use https:// or wss://" in answer.stdout


def test_idle_connections_are_small(tls, identity):
    def open_some(count: int) -> list[RawSocket]:
        return [RawSocket(tls.port, tls=identity.trusting()).upgrade() for _ in range(count)]

    warm = open_some(50)
    before = tls.rss()
    idle = open_some(500)
    each = (tls.rss() - before) / len(idle)
    for connection in warm + idle:
        connection.close()
    assert each < 20 << 10


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("tickets", [True, False])
def test_a_session_is_resumed(tls, identity, version, tickets):
    context = identity.trusting(maximum_version=version)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET

    def ask(session: ssl.SSLSession | None) -> tuple[ssl.SSLSession, bool]:
        peer = socket.create_connection(("127.0.0.1", tls.port))
        with context.wrap_socket(peer, server_hostname="localhost", session=session) as secured:
            secured.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while secured.recv(1 << 16):
                pass
            outcome = secured.session, secured.session_reused
            secured.unwrap()  # else the session would be thrown away as that of a cut connection
            return outcome

    session, reused = ask(None)
    assert not reused
    assert ask(session)[1]
