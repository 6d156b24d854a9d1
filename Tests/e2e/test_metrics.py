# SPDX-License-Identifier: Apache-2.0
"""`/metrics`: what is counted equals what was done, and Prometheus's own parser reads it."""

import contextlib
import math
import re
import socket
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rawsocket import BINARY, CLOSE, TEXT, RawSocket, Response
from rawsocket import close_payload, frame, upgrade_request
from serverprocess import ServerProcess, eventually, run_to_exit

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(process: ServerProcess) -> Samples:
    """By name and labels, as the oracle reads them."""
    with RawSocket(process.port) as http:
        return parsed(http.get("/metrics"))


def parsed(response: Response) -> Samples:
    assert response.status == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.body.decode())
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[f"swiftlet_{name}", tuple(sorted(labels.items()))]


def failures(process: ServerProcess, reason: str) -> float:
    return value(samples(process), "handshake_failures_total", reason=reason)


REFUSED: list[tuple[str, bytes]] = [
    ("bad_request", b"HELLO\r\n\r\n"),
    ("bad_request", upgrade_request(Sec_WebSocket_Version="12")),
    ("bad_request", upgrade_request(drop=("Host",))),
    ("not_found", upgrade_request("/nothing-here")),
    ("too_large", b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 20000 + b"\r\n\r\n"),
]


@pytest.mark.parametrize("reason, request_bytes", REFUSED)
def test_a_refused_handshake_is_counted_by_its_reason(server, reason, request_bytes):
    before = failures(server, reason)
    with RawSocket(server.port) as connection:
        connection.send(request_bytes)
        assert connection.receive_response().status >= 400
    assert failures(server, reason) - before == 1


def test_a_slow_handshake_is_counted_as_a_timeout(start_server):
    process = start_server("--handshake-timeout", "200ms")
    with RawSocket(process.port) as connection:
        connection.send(b"GET / HT")
        assert connection.receive_response().status == 408
    assert failures(process, "timeout") == 1


def test_a_connection_too_many_is_counted(start_server):
    process = start_server("--max-connections", "1")
    with RawSocket(process.port) as first:
        assert first.get("/healthz").status == 200
        with RawSocket(process.port) as second:
            assert second.receive_response().status == 503
        found = parsed(first.get("/metrics"))
    assert value(found, "handshake_failures_total", reason="connections") == 1


def test_service_times_are_a_histogram_of_each_route(start_server):
    process = start_server()
    with RawSocket(process.port) as connection:
        connection.upgrade()
        for _ in range(37):
            connection.send(frame(TEXT, b"hello"))
            connection.expect_message(TEXT, b"hello")
        assert eventually(
            lambda: value(samples(process), "service_seconds_count", route="/echo") == 37
        )
    found = samples(process)
    buckets = [
        (float(dict(labels)["le"]), count)
        for (name, labels), count in found.items()
        if name == "swiftlet_service_seconds_bucket" and dict(labels)["route"] == "/echo"
    ]
    assert buckets == sorted(buckets), "bounds and counts rise together"
    assert buckets[-1] == (math.inf, 37)
    assert 0 < value(found, "service_seconds_sum", route="/echo") < 37


def test_batches_count_every_message(start_server):
    process = start_server()
    with RawSocket(process.port) as connection:
        connection.upgrade()
        connection.send(frame(TEXT, b"a") * 100)
        for _ in range(100):
            connection.expect_message(TEXT, b"a")
        assert eventually(
            lambda: value(samples(process), "service_seconds_count", route="/echo") == 100
        )


def test_bytes_and_messages_equal_what_was_sent(start_server):
    process = start_server("--loops", "2")
    sent = 0
    for size in (0, 1, 125, 126, 65535, 65536, 300000):
        with RawSocket(process.port) as connection:
            request = upgrade_request()
            message = frame(BINARY, bytes(size))
            goodbye = frame(CLOSE, close_payload(1000))
            connection.send(request)
            connection.check_upgraded(request)
            connection.send(message)
            connection.expect_message(BINARY, bytes(size))
            connection.send(goodbye)
            connection.expect_close(1000)
            sent += len(request) + len(message) + len(goodbye)
    found: Samples = {}
    while not found or value(found, "websocket_closes_total", code="1000") < 7:
        with RawSocket(process.port) as http:
            request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
            http.send(request)
            sent += len(request)
            found = parsed(http.receive_response())
    assert value(found, "received_bytes_total") == sent
    assert value(found, "messages_received_total") == 7
    assert value(found, "messages_sent_total") == 7
    assert value(found, "websocket_closes_total", code="1000") == 7


def test_loops_tell_how_busy_they_are(start_server):
    process = start_server("--loops", "2")
    found = samples(process)
    for loop in ("0", "1"):
        assert 0 <= value(found, "loop_busy_seconds_total", loop=loop) < 60
        assert 0 <= value(found, "loop_lag_seconds", loop=loop) < 60


def test_a_reader_that_stops_shows_in_the_queue(start_server):
    process = start_server("--send-queue-limit", "64KiB")
    payload = bytes(1 << 20)
    with RawSocket(process.port, receive_buffer=4096) as connection:
        connection.upgrade()
        with connection.sending(frame(BINARY, payload) * 16):
            assert eventually(lambda: value(samples(process), "connections_paused") == 1)
            assert value(samples(process), "queued_bytes") > 64 << 10
            for _ in range(16):
                connection.expect_message(BINARY, payload)
        assert eventually(lambda: value(samples(process), "queued_bytes") == 0)
        assert eventually(lambda: value(samples(process), "connections_paused") == 0)


def test_the_process_is_described_as_prometheus_clients_do(start_server):
    process = start_server()
    found = {name: count for (name, labels), count in samples(process).items() if not labels}
    assert abs(found["process_start_time_seconds"] - time.time()) < 600
    assert found["process_resident_memory_bytes"] == pytest.approx(process.rss(), rel=0.2)
    assert found["process_open_fds"] > 3
    assert found["process_max_fds"] >= found["process_open_fds"]
    assert found["process_cpu_seconds_total"] >= 0


def test_a_dogstatsd_agent_is_sent_what_prometheus_reads():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        agent.settimeout(60)
        process = ServerProcess("--port", "0", "--statsd", f"127.0.0.1:{agent.getsockname()[1]}")
        try:
            with RawSocket(process.port) as connection:
                connection.upgrade()
                for _ in range(12):
                    connection.send(frame(TEXT, b"a"))
                    connection.expect_message(TEXT, b"a")
        finally:
            process.stop()  # what was not told yet is told at the end
        lines: list[str] = []
        agent.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram = agent.recv(65536)
                assert 0 < len(datagram) <= 1432
                lines += datagram.decode().split("\n")
    pattern = re.compile(r"[a-z_]+:-?[0-9.e+-]+\|[cg](\|#[a-z]+:[^,|]+(,[a-z]+:[^,|]+)*)?")
    assert all(pattern.fullmatch(line) for line in lines), lines
    received = [line for line in lines if line.startswith("swiftlet_messages_received_total:")]
    assert sum(int(line.split(":")[1].split("|")[0]) for line in received) == 12
    assert "swiftlet_service_seconds_count:12|c|#route:/echo" in lines
    assert any(line.startswith("swiftlet_websockets:") for line in lines)


def test_nobody_listens_for_statsd(start_server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    process = start_server("--statsd", f"127.0.0.1:{port}")
    assert eventually(lambda: value(samples(process), "statsd_datagrams_lost_total") > 0)
    with RawSocket(process.port) as http:
        assert http.get("/healthz").status == 200


@pytest.mark.parametrize("target", ["localhost", ":8125", "localhost:0", "localhost:many"])
def test_a_wrong_statsd_address_is_refused(target):
    result = run_to_exit("--port", "0", "--statsd", target)
    assert result.returncode == 64
    assert "--statsd" in result.stderr
