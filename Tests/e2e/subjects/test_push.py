# SPDX-License-Identifier: Apache-2.0
"""ws /push and GET /poll: messages the server sends of its own accord."""

import http.client
import struct
import time

import pytest
from counters import counters, counts_to
from rawsocket import (
    BINARY,
    CLOSE,
    PATIENCE,
    PING,
    RawSocket,
    close_payload,
    frame,
    upgrade_request,
)
from serverprocess import eventually

SECOND = 1_000_000_000


def head_of(message: bytes) -> tuple[int, int]:
    return struct.unpack("<QQ", message[:16])


def has_its_filler(message: bytes) -> bool:
    return message[16:] == bytes(n & 0xFF for n in range(16, len(message)))


def receive(raw: RawSocket, size: int) -> tuple[int, int]:
    opcode, payload = raw.receive_message()
    assert (opcode, len(payload)) == (BINARY, size)
    assert has_its_filler(payload)
    return head_of(payload)


# Push


@pytest.mark.parametrize(
    ("query", "rate", "size"),
    [("", 100, 64), ("?rate=1000", 1000, 64), ("?size=16&rate=5000", 5000, 16)],
)
def test_sequence_and_times_are_those_of_the_rate(connect, query, rate, size):
    raw = connect(f"/push{query}")
    _, start = receive(raw, size)
    for sequence in range(1, 60):
        got, time_due = receive(raw, size)
        assert got == sequence
        assert 0 <= (time_due - start) * rate - sequence * SECOND < rate
        assert time_due <= time.monotonic_ns(), "it came before its time"


def test_many_a_tick_arrive_in_order(connect):
    raw = connect("/push?rate=1000000&size=16")
    last = -1
    for _ in range(50_000):
        sequence, _ = receive(raw, 16)
        assert sequence > last
        last = sequence


def test_client_that_does_not_read_sees_the_gap(start_server):
    process = start_server("--send-queue-limit", "64KiB", "--loops", "1")
    with RawSocket(process.port, receive_buffer=8192) as raw:
        raw.upgrade("/push?rate=2000&size=65536")
        assert eventually(lambda: counters(process)["push_skipped_total"] > 500)
        assert process.rss() < 200 << 20
        sequences = [receive(raw, 65536)[0]]
        while len(sequences) < 2 or sequences[-1] == sequences[-2] + 1:
            sequences.append(receive(raw, 65536)[0])
        assert sequences[:-1] == list(range(len(sequences) - 1)), "the gap is the first"
        assert counters(process)["push_connections"] == 1
    assert counts_to(process, "push_connections", 0)


def test_messages_and_pings_of_the_client_do_not_disturb(connect):
    raw = connect("/push?rate=1")
    receive(raw, 64)
    raw.send(frame(BINARY, b"x") + frame(PING, b"p"))
    raw.expect_pong(b"p")
    assert receive(raw, 64)[0] == 1


WRONG = [
    "rate=0", "rate=1000001", "rate=1.5", "rate=", "size=15", "size=16777217", "rate=1&rate=1",
    "speed=1",
]


@pytest.mark.parametrize("query", [*WRONG, "after=1"])
def test_wrong_push_is_refused(server, query):
    with RawSocket(server.port) as raw:
        raw.send(upgrade_request(f"/push?{query}"))
        response = raw.receive_response()
        assert response.status == 400 and response.body.endswith(b".\n")


def test_drain_ends_a_push(start_server):
    process = start_server()
    with RawSocket(process.port) as raw:
        raw.upgrade("/push?rate=10")
        receive(raw, 64)
        process.terminate()
        while (last := raw.receive_frame()).opcode == BINARY:
            pass
        assert (last.opcode, last.payload[:2]) == (CLOSE, (1001).to_bytes(2))
        raw.send(frame(CLOSE, close_payload(1001)))
        raw.expect_eof()


# Poll


def messages_of(response, size: int) -> list[tuple[int, int]]:
    assert response.status == 200, response.body
    assert response.headers["content-type"] == "application/octet-stream"
    body = response.body
    assert len(body) == int(response.headers["message-count"]) * size
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    assert all(has_its_filler(part) for part in parts)
    return [head_of(part) for part in parts]


@pytest.fixture
def raw(server):
    with RawSocket(server.port) as raw:
        yield raw


# A server that comes late to a poll answers with all that is due by then: mostly it is one message.


def test_poll_waits_for_the_next_message(raw):
    sequence, due = messages_of(raw.get("/poll?rate=20&size=100"), 100)[0]
    assert due == -(-sequence * SECOND // 20)
    assert due <= time.monotonic_ns()
    before = time.monotonic_ns() * 20 // SECOND
    sequence, _ = messages_of(raw.get("/poll?rate=20&size=100"), 100)[0]
    assert sequence > before


def test_polls_one_after_the_other_miss_nothing(raw):
    last, _ = messages_of(raw.get("/poll?rate=1000"), 64)[-1]
    for _ in range(50):
        got = messages_of(raw.get(f"/poll?rate=1000&after={last}"), 64)
        sequences = [sequence for sequence, _ in got]
        assert sequences == list(range(sequences[0], sequences[0] + len(got)))
        assert sequences[0] == last + 1 or len(got) == 64
        last = sequences[-1]


@pytest.mark.parametrize(("size", "most"), [(64, 64), (65536, 16), (2 << 20, 1)])
def test_late_poll_gets_what_is_kept_at_once(server, raw, size, most):
    before = counters(server)
    got = messages_of(raw.get(f"/poll?rate=1000&after=5&size={size}"), size)
    sequences = [sequence for sequence, _ in got]
    assert sequences == list(range(sequences[0], sequences[0] + most))
    after = counters(server)
    assert after["poll_messages_total"] - before["poll_messages_total"] == most
    skipped = after["poll_skipped_total"] - before["poll_skipped_total"]
    assert skipped == sequences[0] - 6


def test_head_of_a_poll_has_no_body(raw):
    raw.send(b"HEAD /poll?rate=1000 HTTP/1.1\r\nHost: h\r\n\r\n")
    response = raw.receive_response(to_head=True)
    assert int(response.headers["content-length"]) == 64 * int(response.headers["message-count"])
    assert raw.get("/healthz").status == 200


def test_pipelined_requests_wait_for_the_poll(raw):
    raw.send(b"GET /poll?rate=5 HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    assert messages_of(raw.receive_response(), 64)
    assert raw.receive_response().body == b"ok\n"


def test_http_client_polls_on_one_connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    for _ in range(5):
        connection.request("GET", "/poll?rate=100&size=16")
        response = connection.getresponse()
        assert len(response.read()) == 16 * int(response.getheader("Message-Count"))
        assert response.getheader("Cache-Control") == "no-store"
    connection.close()


@pytest.mark.parametrize("query", [*WRONG, "after=-1", "after=x", "after=18446744073709551615"])
def test_wrong_poll_is_refused(raw, query):
    response = raw.get(f"/poll?{query}")
    assert response.status == 400 and response.body.endswith(b".\n")


def test_client_may_leave_while_it_waits(server):
    for _ in range(20):
        with RawSocket(server.port) as raw:
            raw.send(b"GET /poll?rate=1 HTTP/1.1\r\nHost: h\r\n\r\n")


def test_drain_answers_polls(start_server):
    process = start_server()
    with RawSocket(process.port) as raw:
        raw.send(b"GET /poll?rate=1 HTTP/1.1\r\nHost: h\r\n\r\n")
        process.terminate()
        assert messages_of(raw.receive_response(), 64)
        raw.expect_eof()
    assert process.wait() == 0


def test_drain_that_cannot_wait_says_so(start_server):
    process = start_server("--drain-timeout", "100ms")
    with RawSocket(process.port) as raw:
        # Of a rate of one a second: asked just after a message the next is far.
        messages_of(raw.get("/poll?rate=1"), 64)
        raw.send(b"GET /poll?rate=1 HTTP/1.1\r\nHost: h\r\n\r\n")
        process.terminate()
        response = raw.receive_response()
        assert response.status in (200, 503)
        assert response.headers["connection"] == "close"
        raw.expect_eof()
