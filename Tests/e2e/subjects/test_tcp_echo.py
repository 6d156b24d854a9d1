# SPDX-License-Identifier: Apache-2.0
"""--tcp-echo-port: messages behind their length, back as they came."""

import os
import re
import socket
import struct

import pytest
from counters import counters, counts_to
from rawsocket import RawSocket
from serverprocess import run_to_exit

MAX = 1 << 20
TCP_PORT = re.compile(r"tcp echo listening on tcp://127\.0\.0\.1:(\d+)\n")


def tcp_port(process) -> int:
    """From the log, which says it before the ready line is printed."""
    return int(TCP_PORT.search(process.stderr())[1])


def message(payload: bytes) -> bytes:
    return struct.pack("<I", len(payload)) + payload


@pytest.fixture
def process(start_server):
    return start_server("--tcp-echo-port", "0", "--max-message-size", str(MAX), "--loops", "2")


@pytest.fixture
def echo(process):
    with RawSocket(tcp_port(process)) as raw:
        yield raw


@pytest.mark.parametrize("size", [0, 1, 20, 4092, 4093, 65536, 262140, 262144, 480_000, MAX])
def test_message_comes_back(echo, process, size):
    data = message(os.urandom(size))
    for _ in range(3):
        with echo.sending(data):
            assert echo.receive_exactly(len(data)) == data
    assert counters(process)["tcp_echo_messages_total"] == 3


def test_pipelined_messages_come_back_in_order(echo, process):
    sizes = [0, 5, 4092, 100_000, 1, 300_000, 3, 65536] * 8
    data = b"".join(message(os.urandom(size)) for size in sizes)
    with echo.sending(data):
        assert echo.receive_exactly(len(data)) == data
    assert counters(process)["tcp_echo_messages_total"] == len(sizes)


def test_message_may_come_byte_by_byte(echo):
    data = message(os.urandom(30)) + message(b"")
    for byte in data:
        echo.send(bytes([byte]))
    assert echo.receive_exactly(len(data)) == data


@pytest.mark.parametrize("length", [MAX + 1, 0xFFFFFFFF])
def test_too_long_a_message_ends_the_connection(echo, process, length):
    before = process.rss()
    data = message(b"first")
    echo.send(data + struct.pack("<I", length) + b"rest")
    assert echo.receive_exactly(len(data)) == data
    echo.expect_eof()
    assert process.rss() - before < 64 << 20


def test_half_close_gets_its_answers(echo):
    data = b"".join(message(bytes([n]) * 1000) for n in range(200))
    echo.send(data + b"\x05\x00\x00\x00half")
    echo.socket.shutdown(socket.SHUT_WR)
    assert echo.receive_exactly(len(data)) == data
    echo.expect_eof()


def test_client_that_does_not_read_is_not_read(process, echo):
    # More than the kernel holds on both sides; the server must not gather it.
    data = message(b"x" * 500_000) * 100
    before = process.rss()
    with echo.sending(data):
        assert echo.receive_exactly(1) == data[:1]
        assert process.rss() - before < 24 << 20
        assert echo.receive_exactly(len(data) - 1) == data[1:]


def test_connections_are_counted(process, echo):
    assert counts_to(process, "streams", 1)
    echo.close()
    assert counts_to(process, "streams", 0)
    assert counters(process)["websockets"] == 0


def test_silence_ends_a_connection(start_server):
    process = start_server("--tcp-echo-port", "0", "--idle-timeout", "200ms")
    with RawSocket(tcp_port(process)) as raw:
        raw.send(b"\x01\x00")
        raw.expect_eof()


def test_drain_answers_what_has_begun(process, echo):
    data = message(os.urandom(480_000))
    with RawSocket(tcp_port(process)) as idle:
        assert counts_to(process, "streams", 2)
        echo.send(data[:400_000])
        assert echo.nothing_received()
        process.terminate()
        idle.expect_eof()
        echo.send(data[400_000:])
        assert echo.receive_exactly(len(data)) == data
        echo.expect_eof()


def test_port_in_use_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run_to_exit("--port", "0", "--tcp-echo-port", str(port))
    assert ended.returncode == 69
    assert f"port {port}: Address already in use; choose another port" in ended.stderr
    assert ended.stdout == ""
