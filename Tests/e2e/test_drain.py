# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: what was begun is finished and answered, 1001 to all, then exit 0."""

import contextlib

import pytest
from images import path, text_line, whole_numbers
from rawsocket import BINARY, PATIENCE, PING, TEXT, RawSocket, frame
from serverprocess import eventually

GOING_AWAY = 1001
IMAGE = whole_numbers("u8", (600, 800), 0)
WHOLE = frame(BINARY, IMAGE.tobytes())
HALF = len(WHOLE) // 2


@pytest.fixture
def open_sockets():
    with contextlib.ExitStack() as closes:
        yield lambda process: closes.enter_context(RawSocket(process.port))


def taken_in(connection: RawSocket) -> None:
    """Returns when the server has begun on what was sent: it answers a ping sent before it."""
    connection.expect_pong(b"before")


def send_half(connection: RawSocket) -> None:
    connection.send(frame(PING, b"before") + WHOLE[:HALF])


def expect_refused(process) -> None:
    """New connections are refused, once each loop has closed its listener."""

    def refused() -> bool:
        try:
            RawSocket(process.port).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass  # it waited at a listener that was just closed
        return False

    assert eventually(refused)


def test_hundred_connections_in_mid_message(start_server, open_sockets):
    process = start_server("--drain-timeout", "100s")
    busy = [open_sockets(process).upgrade(path(IMAGE)) for _ in range(100)]
    idle = [open_sockets(process).upgrade() for _ in range(10)]
    for connection in busy:
        send_half(connection)
    for connection in busy:
        taken_in(connection)

    process.terminate()
    for connection in idle:
        connection.expect_goodbye(GOING_AWAY)
    expect_refused(process)
    for connection in busy:
        assert connection.nothing_received(), "closed in the middle of a message"
    for connection in busy:
        connection.send(WHOLE[HALF:])
        connection.expect_message(TEXT, text_line(IMAGE).encode())
        connection.expect_goodbye(GOING_AWAY)
    # Long before the timeout: nothing is left to wait for.
    assert process.wait(timeout=PATIENCE) == 0


def test_echo_in_mid_fragments(start_server, open_sockets):
    process = start_server("--drain-timeout", "100s")
    idle = open_sockets(process).upgrade()
    busy = open_sockets(process).upgrade()
    busy.send(frame(TEXT, b"begun, ", fin=False) + frame(PING, b"before"))
    taken_in(busy)
    process.terminate()
    idle.expect_goodbye(GOING_AWAY)
    busy.send(frame(0, b"done"))
    busy.expect_message(TEXT, b"begun, done")
    busy.expect_goodbye(GOING_AWAY)
    assert process.wait(timeout=PATIENCE) == 0


def test_answers_in_flight_arrive_before_1001(start_server, open_sockets):
    """A client that reads slowly still gets all of the answers it is owed."""
    process = start_server("--drain-timeout", "100s")
    with RawSocket(process.port, receive_buffer=65536) as slow:
        slow.upgrade()
        slow.send(frame(PING, b"before") + frame(BINARY, bytes(8 << 20)))
        taken_in(slow)
        slow.receive_exactly(1)  # the answer is on its way
        process.terminate()
        expect_refused(process)
        assert slow.receive_exactly(9) == b"\x7f" + (8 << 20).to_bytes(8)
        answer = slow.receive_exactly(8 << 20) == bytes(8 << 20)
        assert answer
        slow.expect_goodbye(GOING_AWAY)
    assert process.wait(timeout=PATIENCE) == 0


def test_client_that_never_completes_is_left_behind(start_server, open_sockets):
    process = start_server("--drain-timeout", "1s")
    stuck = open_sockets(process).upgrade(path(IMAGE))
    send_half(stuck)
    taken_in(stuck)
    process.terminate()
    assert process.wait(timeout=PATIENCE) == 0
    stuck.expect_close(GOING_AWAY)


def test_clients_that_do_not_answer_are_left_behind(start_server, open_sockets):
    """Of connections that never say a word, in every state, none holds the exit."""
    process = start_server("--drain-timeout", "1s")
    silent = open_sockets(process)
    half_a_head = open_sockets(process)
    half_a_head.send(b"GET /echo HTTP/1.1\r\nHost: x\r\n")
    unread = open_sockets(process).upgrade()
    unread.send(frame(BINARY, bytes(8 << 20)))
    idle = open_sockets(process).upgrade()
    keep_alive = open_sockets(process)
    assert keep_alive.get("/healthz").status == 200
    process.terminate()
    assert process.wait(timeout=PATIENCE) == 0
    idle.expect_close(GOING_AWAY)
    silent.expect_eof()


def test_readiness_while_draining(start_server, open_sockets):
    process = start_server("--drain-timeout", "100s")
    busy = open_sockets(process).upgrade(path(IMAGE))
    idle = open_sockets(process).upgrade()
    keep_alive = open_sockets(process)
    assert keep_alive.get("/readyz").status == 200
    send_half(busy)
    taken_in(busy)
    process.terminate()
    idle.expect_goodbye(GOING_AWAY)
    # An idle HTTP connection may also be closed at once.
    with contextlib.suppress(ConnectionError, EOFError):
        assert keep_alive.get("/readyz").status == 503
    busy.send(WHOLE[HALF:])
    busy.expect_message(TEXT, text_line(IMAGE).encode())
    busy.expect_goodbye(GOING_AWAY)
    assert process.wait(timeout=PATIENCE) == 0


def test_idle_server_stops_at_once(start_server):
    process = start_server("--drain-timeout", "100s")
    process.terminate()
    assert process.wait(timeout=PATIENCE) == 0
