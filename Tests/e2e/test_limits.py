# SPDX-License-Identifier: Apache-2.0
"""How many may come and how fast, and what becomes of those who trickle, flood or fall silent."""

import contextlib
import select

import pytest
from rawsocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    frame,
    frame_header,
    upgrade_request,
)
from serverprocess import ServerProcess, eventually

TOTAL = 'handshake_failures_total{reason="connections"}'
ADDRESS = 'handshake_failures_total{reason="connections_per_address"}'


def metric(process: ServerProcess, name: str, source: str = "") -> int:
    with RawSocket(process.port, source=source) as connection:
        lines = connection.get("/metrics").body.decode().splitlines()
    return next(int(line.split()[-1]) for line in lines if line.startswith(f"swiftlet_{name} "))


def assert_works(connection: RawSocket) -> None:
    connection.send(frame(TEXT, b"still here"))
    while (got := connection.receive_frame()).opcode == PING:
        pass
    assert (got.opcode, got.payload) == (TEXT, b"still here")


def assert_refused(port: int, status: int, **where: str) -> None:
    """By an answer that does not wait for a request."""
    with RawSocket(port, **where) as connection:
        response = connection.receive_response()
        assert response.status == status
        assert response.headers["connection"] == "close"
        assert response.body.strip(), "a refusal says why"
        connection.expect_eof()


def is_let_in(port: int, **where: str) -> bool:
    with RawSocket(port, **where) as connection, contextlib.suppress(ConnectionError):
        return connection.get("/healthz").status == 200
    return False


# How many


def test_connections_in_total(start_server):
    process = start_server("--max-connections", "2")
    with RawSocket(process.port) as first, RawSocket(process.port) as second:
        first.upgrade()
        second.upgrade()
        assert_refused(process.port, 503)
        assert_works(first)
        assert_works(second)
    assert eventually(lambda: is_let_in(process.port)), "a place was not given back"
    assert metric(process, TOTAL) >= 1


@pytest.mark.parametrize("loops", ["1", "3"])
def test_connections_of_one_address(start_server, loops):
    """What one address may not have, others may; all loops count together."""
    process = start_server("--max-connections-per-address", "3", "--loops", loops)
    with contextlib.ExitStack() as closes:
        for source in ("127.0.0.1", "127.0.0.2"):
            own = [closes.enter_context(RawSocket(process.port, source=source)) for _ in range(3)]
            for connection in own:
                connection.upgrade()
            for _ in range(3):
                assert_refused(process.port, 429, source=source)
            for connection in own:
                assert_works(connection)
        assert metric(process, ADDRESS, source="127.0.0.3") == 6
    for source in ("127.0.0.1", "127.0.0.2"):
        assert eventually(lambda at=source: is_let_in(process.port, source=at)), "no place given back"


def test_connections_of_one_ipv6_network(start_server):
    process = start_server("--max-connections-per-address", "1", "--host", "::1")
    with RawSocket(process.port, host="::1") as first:
        first.upgrade()
        assert_refused(process.port, 429, host="::1")
        assert_works(first)
    assert eventually(lambda: is_let_in(process.port, host="::1"))


def test_place_is_given_back_however_a_connection_ends(start_server):
    process = start_server("--max-connections-per-address", "1", "--handshake-timeout", "100ms")
    for end in (b"", b"GET", b"nonsense\r\n\r\n", upgrade_request(), upgrade_request() + b"\xff"):
        assert eventually(lambda: is_let_in(process.port)), "no place was given back"
        with RawSocket(process.port) as connection:
            connection.send_until_cut(end)
            if end == b"":  # until it is late
                while connection.socket.recv(4096):
                    pass
    assert eventually(lambda: is_let_in(process.port))


# How fast


@pytest.mark.parametrize("loops", ["1", "2"])
def test_storm_waits_and_open_connections_do_not(start_server, loops):
    """Beyond the rate clients wait in the kernel; each is served in its turn and none is refused."""
    process = start_server("--accept-rate", "20", "--loops", loops)
    with RawSocket(process.port) as witness, contextlib.ExitStack() as closes:
        witness.upgrade()
        storm = [closes.enter_context(RawSocket(process.port)) for _ in range(60)]
        waiting = list(storm)
        for connection in storm:
            connection.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while waiting:
            assert_works(witness)
            ready, _, _ = select.select([one.socket for one in waiting], [], [], PATIENCE)
            assert ready, "some were never served"
            for connection in [one for one in waiting if one.socket in ready]:
                assert connection.receive_response().status == 200
                waiting.remove(connection)
        assert metric(process, "accept_pauses_total") >= 1
        assert metric(process, "requests_refused_total") == 0


# Too slow, or silent


def trickle(connection: RawSocket, byte: bytes, interval: float) -> bytes:
    """Sends a byte at a time until the server answers, and returns what it says to the end."""
    for _ in range(int(PATIENCE / interval)):
        if select.select([connection.socket], [], [], interval)[0]:
            break
        connection.send_until_cut(byte)
    else:
        pytest.fail("the connection was never cut")
    said = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.socket.recv(4096):
            said += data
    return said


SLOW = {
    "a request line": b"GET /",
    "a field": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
    "a handshake": upgrade_request()[:-2] + b"X: ",
    "a body": b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx",
}


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("before", [0, 1], ids=["first", "kept alive"])
def test_trickled_request_is_late(start_server, start, before):
    process = start_server("--handshake-timeout", "250ms")
    with RawSocket(process.port) as slow, RawSocket(process.port) as witness:
        witness.upgrade()
        for _ in range(before):
            assert slow.get("/healthz").status == 200
        slow.send(start)
        assert trickle(slow, b"x", 0.02).startswith(b"HTTP/1.1 408 ")
        assert metric(process, "handshake_timeouts_total") == 1
        assert_works(witness)


def test_body_at_a_fair_rate_may_take_longer_than_a_head(start_server):
    """What has come brings time for more: three deadlines are not too much."""
    process = start_server("--handshake-timeout", "500ms")
    piece = b"x" * 100_000
    with RawSocket(process.port) as steady:
        head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3100000\r\n\r\n"
        steady.send(head + piece)
        for _ in range(30):
            assert not select.select([steady.socket], [], [], 0.05)[0], "cut in the middle"
            steady.send(piece)
        assert steady.receive_response().status == 200


def test_head_after_a_rest_has_its_whole_deadline(start_server):
    """A head in two pieces, long after the answer before it, is not late."""
    process = start_server("--handshake-timeout", "2s")
    with RawSocket(process.port) as http, RawSocket(process.port) as clock:
        assert http.get("/healthz").status == 200
        while clock.socket.recv(4096):  # says 408 when 2 s are over
            pass
        http.send(b"GET /healthz HTTP/1.1\r\nHost: loc")
        assert not select.select([http.socket], [], [], 0.6)[0], "late at once"
        http.send(b"alhost\r\n\r\n")
        assert http.receive_response().status == 200


def test_half_open_peer_is_found(start_server):
    """A peer that is gone without a word answers no ping: one that does not answer is the same."""
    process = start_server("--ping-interval", "100ms", "--idle-timeout", "600ms")
    with RawSocket(process.port) as gone, RawSocket(process.port) as alive:
        gone.upgrade()
        alive.upgrade()
        received = []
        while CLOSE not in received:
            ready, _, _ = select.select([gone.socket, alive.socket], [], [], PATIENCE)
            assert ready, "no ping and no close frame"
            if gone.socket in ready:
                received.append((got := gone.receive_frame()).opcode)
            if alive.socket in ready:
                assert alive.receive_frame().opcode == PING
                alive.send(frame(PONG))
        assert PING in received, "it was never asked"
        assert got.payload[:2] == (1001).to_bytes(2)
        assert_works(alive)


# Too much


def test_flood_of_empty_fragments(server):
    """They hold no byte of a message, so that only their number is bounded: 1,048,576."""
    with RawSocket(server.port) as connection:
        connection.upgrade()
        connection.send(frame(BINARY, b"", fin=False))
        connection.send_until_cut(frame(CONTINUATION, b"", fin=False) * (1 << 20))
        connection.expect_close(1009)


@pytest.mark.parametrize("size", [(16 << 20) + 1, 1 << 40, (1 << 63) - 1])
def test_promise_of_too_much_costs_nothing(start_server, size):
    process = start_server()
    with RawSocket(process.port) as connection:
        connection.upgrade()
        before = process.rss()
        connection.send(frame_header(BINARY, size, mask=b"mask"))
        connection.expect_close(1009)
        assert process.rss() - before < 1 << 20


def test_promise_within_the_limit_costs_what_comes(start_server):
    """A hundred times 16 MiB are promised, and a byte of each is sent."""
    process = start_server()
    with contextlib.ExitStack() as closes:
        before = process.rss()
        for _ in range(100):
            connection = closes.enter_context(RawSocket(process.port)).upgrade()
            connection.send(frame_header(BINARY, 16 << 20, mask=b"mask") + b"x")
        with RawSocket(process.port) as last:
            last.upgrade()
            assert_works(last)
        assert process.rss() - before < 16 << 20


@pytest.mark.parametrize("size", [8 << 10, 8 << 10 | 1, 15 << 10, 17 << 10, 1 << 20])
def test_target_beyond_8_kib_is_414(server, size):
    with RawSocket(server.port) as http:
        http.send_until_cut(b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"x" * (size - 1)))
        assert http.receive_response().status == (404 if size <= 8 << 10 else 414)
        http.expect_eof()


@pytest.mark.parametrize("count, status", [(63, 200), (64, 431), (1000, 431)])
def test_more_than_64_fields_are_431(server, count, status):
    with RawSocket(server.port) as http:
        fields = b"".join(b"X-%d: y\r\n" % number for number in range(count))
        http.send_until_cut(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n")
        assert http.receive_response().status == status


@pytest.mark.parametrize("size, status", [(15 << 10, 200), (16 << 10, 431)])
def test_head_beyond_16_kib_is_431(server, size, status):
    with RawSocket(server.port) as http:
        start = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
        http.send_until_cut(start + b"x" * size + b"\r\n\r\n")
        assert http.receive_response().status == status


@pytest.mark.parametrize("size", [(1 << 20) + 1, 1 << 40])
def test_body_beyond_the_limit_is_413_before_it_comes(start_server, size):
    process = start_server("--max-message-size", "1MiB")
    with RawSocket(process.port) as http:
        http.send(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size)
        assert http.receive_response().status == 413
        http.expect_eof()


# Memory over all of them


def test_held_messages_give_way_to_others(start_server):
    """Forty clients stop shortly before the end of a message of 16 MiB, and go on to trickle."""
    process = start_server("--loops", "1", "--message-memory", "128MiB")
    size, held = 16 << 20, 15 << 20
    before = process.rss()
    with contextlib.ExitStack() as closes:
        holders = []
        for _ in range(40):
            holder = closes.enter_context(RawSocket(process.port)).upgrade()
            with contextlib.suppress(ConnectionError):
                holder.send(frame_header(BINARY, size, mask=bytes(4)) + bytes(held))
            holders.append(holder)
        honest = closes.enter_context(RawSocket(process.port)).upgrade()
        for _ in range(20):
            honest.send(frame(BINARY, bytes(4 << 20)))
            honest.expect_message(BINARY, bytes(4 << 20))
        # Buffers double, and what was given back is kept for a while.
        assert process.rss() - before < 512 << 20
        assert metric(process, "memory_evictions_total") >= 30
        holders[0].expect_close(1013)


def test_a_body_that_is_held_gives_way(start_server):
    process = start_server("--loops", "1", "--message-memory", "64MiB", "--max-message-size", "16MiB")
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (16 << 20)
    with contextlib.ExitStack() as closes:
        holders = [closes.enter_context(RawSocket(process.port)) for _ in range(12)]
        for holder in holders:
            with contextlib.suppress(ConnectionError):
                holder.send(head + bytes(15 << 20))
        assert holders[0].receive_response().status == 503
        assert eventually(lambda: metric(process, "memory_evictions_total") > 0)
        assert is_let_in(process.port)
