# SPDX-License-Identifier: Apache-2.0
"""POST /echo: the same work as `ws /echo`, by HTTP."""

import http.client
import os
import socket

import pytest
from rawsocket import PATIENCE, RawSocket

MAX = 1 << 20
SIZES = [0, 1, 20, 65536, 262_144, 480_000, MAX]


@pytest.fixture
def process(start_server):
    return start_server("--max-message-size", str(MAX))


@pytest.fixture
def raw(process):
    with RawSocket(process.port) as raw:
        yield raw


def post(body: bytes, *fields: str) -> bytes:
    lines = ["POST /echo HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def test_bodies_come_back_on_one_connection(process):
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
    connection.connect()
    first = connection.sock
    for size in SIZES * 2:
        body = os.urandom(size)
        connection.request("POST", "/echo", body, {"Content-Type": "image/x"})
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("Content-Type") == "image/x"
        equal = response.read() == body
        assert equal, f"a body of {size} bytes came back otherwise"
        assert connection.sock is first, "the connection was not kept alive"
    connection.close()


def test_pipelined_requests_are_answered_in_order(raw):
    bodies = [os.urandom(size) for size in [0, 7, 300_000, 1, 65536, 20] * 4]
    with raw.sending(b"".join(post(body) for body in bodies)):
        for body in bodies:
            equal = raw.receive_response().body == body
            assert equal


def test_type_is_bytes_where_none_is_given(raw):
    raw.send(post(b"x"))
    assert raw.receive_response().headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (f"Content-Length: {MAX + 1}\r\n", 413),
        ("Content-Length: 18446744073709551616\r\n", 413),
        ("Content-Length: 0x10\r\n", 400),
        ("Transfer-Encoding: chunked\r\n", 400),
    ],
)
def test_bodies_of_other_kinds_are_refused(raw, fields, status):
    raw.send(f"POST /echo HTTP/1.1\r\nHost: h\r\n{fields}\r\n".encode())
    response = raw.receive_response()
    assert (response.status, response.headers["connection"]) == (status, "close")
    raw.socket.shutdown(socket.SHUT_WR)
    raw.expect_eof()


def test_other_methods_are_told_what_is_taken(raw):
    raw.send(b"DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n")
    response = raw.receive_response()
    assert (response.status, response.headers["allow"]) == (405, "GET, HEAD, POST")


def test_websocket_is_still_there(raw):
    raw.upgrade("/echo")


def test_promised_bytes_take_no_memory(process):
    before = process.rss()
    sockets = [RawSocket(process.port) for _ in range(100)]
    for raw in sockets:
        raw.send(f"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: {MAX}\r\n\r\nx".encode())
    with RawSocket(process.port) as raw:
        assert raw.get("/healthz").status == 200
    assert process.rss() - before < 8 << 20
    for raw in sockets:
        raw.close()


def test_client_that_does_not_read_is_not_read(process, raw):
    before = process.rss()
    requests = post(b"x" * 400_000) * 100
    with raw.sending(requests):
        assert raw.receive_exactly(1) == b"H"
        assert process.rss() - before < 24 << 20
        raw.receive_until(b"\r\n\r\n")
        raw.receive_exactly(400_000)
        for _ in range(99):
            assert len(raw.receive_response().body) == 400_000


def test_half_close_gets_its_answers(raw):
    raw.send(post(b"one") + post(b"two") + post(b"three")[:-1])
    raw.socket.shutdown(socket.SHUT_WR)
    assert raw.receive_response().body == b"one"
    assert raw.receive_response().body == b"two"
    raw.expect_eof()


def test_drain_answers_a_request_that_has_begun(start_server):
    process = start_server()
    request = post(os.urandom(480_000))
    with RawSocket(process.port) as raw, RawSocket(process.port) as idle:
        assert idle.get("/healthz").status == 200
        raw.send(request[:300_000])
        process.terminate()
        idle.expect_eof()
        raw.send(request[300_000:])
        equal = raw.receive_response().body == request[-480_000:]
        assert equal
        raw.expect_eof()
