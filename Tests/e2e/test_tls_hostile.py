# SPDX-License-Identifier: Apache-2.0
"""What is not TLS, or TLS by someone who means ill: others notice nothing, and it costs little."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest
from certificates import make_identity
from rawsocket import BINARY, CLOSE, RawSocket, close_payload, frame, upgrade_request
from serverprocess import PATIENCE, eventually


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    return make_identity(tmp_path_factory.mktemp("identity"))


@pytest.fixture
def tls(start_server, identity):
    return start_server("--loops", "1", *identity.flags)


class Held:
    """A client's side of TLS whose bytes go where the test wants them."""

    def __init__(self, context: ssl.SSLContext):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def handshake(self, connection: RawSocket, send) -> bytes:
        """All of it but the last flight, which is returned."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                send(self.outgoing.read())
                self.incoming.write(connection.socket.recv(1 << 16))
            else:
                return self.outgoing.read()

    def write(self, data: bytes) -> bytes:
        """The records that carry it."""
        self.tls.write(data)
        return self.outgoing.read()


def failures(process, identity, reason: str) -> int:
    """As /metrics counts them."""
    with RawSocket(process.port, tls=identity.trusting()) as http:
        metrics = http.get("/metrics").body.decode()
    line = rf'swiftlet_tls_handshake_failures_total\{{reason="{reason}"\}} (\d+)'
    return int(re.search(line, metrics)[1])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "plain_http"),
        (b"hello, is anybody there?\r\n", "not_tls"),
        (bytes(1000), "not_tls"),
        (os.urandom(16) * 4000, None),
        (b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "other"),
        (b"\x16\x03\x01\xff\xff" + bytes(65535), "not_tls"),
        (b"\x16\x03\x01\x02\x00", "ended"),
        (b"", None),
    ],
    ids=["http", "text", "zeros", "random", "malformed", "long record", "cut", "nothing"],
)
def test_what_is_no_handshake(tls, identity, data, reason):
    with RawSocket(tls.port) as peer:
        peer.send_until_cut(data)
        with contextlib.suppress(OSError):
            peer.socket.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while peer.socket.recv(1 << 16):
                pass
    if reason:
        assert eventually(lambda: failures(tls, identity, reason) == 1)


def test_byte_by_byte(tls, identity):
    """Handshake, request and a message, each byte in a segment of its own."""

    def send(data: bytes) -> None:
        for byte in data:
            connection.send(bytes([byte]))

    with RawSocket(tls.port) as connection:
        held = Held(identity.trusting())
        send(held.handshake(connection, send))
        send(held.write(upgrade_request()))
        send(held.write(frame(BINARY, b"slowly")))
        answer = b""
        while not answer.endswith(b"slowly"):
            held.incoming.write(connection.socket.recv(1 << 16))
            with contextlib.suppress(ssl.SSLWantReadError):
                answer += held.tls.read()


def test_all_in_one_segment(tls, identity):
    """What follows the handshake at once is read with it, and no event of the socket's tells of it."""
    with RawSocket(tls.port) as connection:
        held = Held(identity.trusting())
        last = held.handshake(connection, connection.send)
        message = os.urandom(100_000)
        connection.send(last + held.write(upgrade_request()) + held.write(frame(BINARY, message)))
        answer = b""
        while not answer.endswith(message):
            held.incoming.write(connection.socket.recv(1 << 16))
            with contextlib.suppress(ssl.SSLWantReadError):
                while True:
                    answer += held.tls.read(1 << 16)


def test_records_of_a_byte_each(tls, identity):
    """Far more of them come at once than one turn reads."""
    with RawSocket(tls.port) as connection:
        held = Held(identity.trusting())
        connection.send(held.handshake(connection, connection.send))
        message = os.urandom(3000)
        connection.send(held.write(upgrade_request()))
        data = frame(BINARY, message)
        connection.send(b"".join(held.write(data[i : i + 1]) for i in range(len(data))))
        answer = b""
        while not answer.endswith(message):
            held.incoming.write(connection.socket.recv(1 << 16))
            with contextlib.suppress(ssl.SSLWantReadError):
                while True:
                    answer += held.tls.read(1 << 16)


def test_a_slow_handshake_is_cut(start_server, identity):
    process = start_server("--loops", "1", "--handshake-timeout", "500ms", *identity.flags)
    with RawSocket(process.port) as silent, RawSocket(process.port) as begun:
        begun.send(b"\x16\x03\x01\x02\x00\x01")
        silent.expect_eof()
        begun.expect_eof()
    with RawSocket(process.port, tls=identity.trusting()) as late:
        assert late.receive_response().status == 408, "the request has the same deadline"
    assert failures(process, identity, "timeout") == 2


def test_an_end_is_said(tls, identity):
    """RawSocket fails to read an end without close_notify."""
    with RawSocket(tls.port, tls=identity.trusting()) as connection:
        connection.upgrade()
        connection.send(frame(CLOSE, close_payload(1000)))
        connection.expect_close(1000)
    with RawSocket(tls.port, tls=identity.trusting()) as http:
        http.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert http.receive_response().status == 200
        http.expect_eof()


def test_a_cut_is_no_end(tls, identity):
    """Without close_notify a connection was cut, whoever did that."""
    with RawSocket(tls.port, tls=identity.trusting()).upgrade() as cut:
        cut.socket.shutdown(socket.SHUT_WR)  # of TCP alone, as Python does it
        assert cut.socket.recv(1 << 16) == b""

    def cut_once() -> bool:
        with RawSocket(tls.port, tls=identity.trusting()) as http:
            return b'closes_total{code="1006"} 1' in http.get("/metrics").body

    assert eventually(cut_once)


@pytest.mark.parametrize(("version", "command"), [("-tls1_3", "k"), ("-tls1_2", "R")])
def test_floods_of_the_protocols_own_messages(tls, version, command):
    """Key updates (RFC 8446 §4.6.3) and renegotiations, which s_client sends at these letters."""
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"localhost:{tls.port}", version],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with contextlib.suppress(BrokenPipeError):
            while client.poll() is None:
                client.stdin.write(f"{command}\n".encode())
                client.stdin.flush()
                time.sleep(0.002)  # s_client takes a letter only as the first of what it reads
        client.wait(PATIENCE)
    finally:
        client.kill()
        client.wait()


def test_a_storm_of_handshakes_does_not_stall_others(start_server, tmp_path):
    """With RSA each costs about a millisecond; an echo waits for one or two of them and not for all."""
    identity = make_identity(tmp_path, kind="rsa")
    process = start_server("--loops", "1", "--handshake-timeout", "60s", *identity.flags)
    calm = RawSocket(process.port, tls=identity.trusting()).upgrade()
    storm = [RawSocket(process.port) for _ in range(400)]
    hellos = []
    for _ in storm:
        held = Held(identity.trusting())
        with contextlib.suppress(ssl.SSLWantReadError):
            held.tls.do_handshake()
        hellos.append(held.outgoing.read())
    over = threading.Event()

    def blow() -> None:
        for peer, hello in zip(storm, hellos, strict=True):
            peer.send(hello)
        for peer in storm:
            assert peer.receive_exactly(1) == b"\x16", "each is answered in the end"
            peer.close()
        over.set()

    thread = threading.Thread(target=blow)
    thread.start()
    echoes = 0
    while not over.is_set():
        calm.send(frame(BINARY, b"calm"))
        calm.expect_message(BINARY, b"calm")
        echoes += 1
    thread.join()
    assert echoes > 20
