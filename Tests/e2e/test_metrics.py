# SPDX-License-Identifier: Apache-2.0
"""`/metrics`: what is counted equals what was done, and Prometheus's own parser reads it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rawsocket import RawSocket, Response, upgrade_request
from serverprocess import ServerProcess

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
