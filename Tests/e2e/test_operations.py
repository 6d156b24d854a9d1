# SPDX-License-Identifier: Apache-2.0
"""What the operator sees: health, metrics, settings and their errors, time limits."""

import os
import re
import socket
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rawsocket import BINARY, CLOSE, PING, PONG, TEXT, RawSocket, close_payload, frame, frame_header
from serverprocess import ServerProcess, eventually, run_to_exit


def get(process: ServerProcess, path: str):
    with RawSocket(process.port) as http:
        return http.get(path)


def metrics(process: ServerProcess) -> dict[str, float]:
    """Sum over all labels by sample name."""
    response = get(process, "/metrics")
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/plain")
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(response.body.decode()):
        assert family.type != "unknown", f"{family.name} has no TYPE"
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def only(samples: dict[str, float], pattern: str) -> float:
    names = [name for name in samples if re.fullmatch(pattern, name)]
    assert len(names) == 1, f"{pattern} matches {names} of {sorted(samples)}"
    return samples[names[0]]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(server, path):
    assert get(server, path).status == 200


def test_metrics_count_messages(start_server):
    process = start_server()
    received = "swiftlet_.*messages_received_total"
    sent = "swiftlet_.*messages_sent_total"
    before = metrics(process)
    with RawSocket(process.port) as connection:
        connection.upgrade()
        for _ in range(123):
            connection.send(frame(TEXT, b"a", fin=False) + frame(0, b"b"))
            connection.expect_message(TEXT, b"ab")
        connection.send(frame(PING))  # control frames are no messages
        connection.expect_pong(b"")
        after = metrics(process)
    assert only(after, received) - only(before, received) == 123
    assert only(after, sent) - only(before, sent) == 123


def test_metrics_count_connections(start_server):
    process = start_server()
    connections = [RawSocket(process.port).upgrade() for _ in range(7)]
    open_now = "swiftlet_connections"
    # What asks for the metrics is a connection, too, and the one before may still be ending.
    assert eventually(lambda: only(metrics(process), open_now) in (7, 8))
    for connection in connections:
        connection.send(frame(CLOSE, close_payload(1000)))
        connection.expect_close(1000)
        connection.close()
    assert eventually(lambda: only(metrics(process), open_now) in (0, 1))


def test_every_metric_is_ours_and_described(server):
    text = get(server, "/metrics").body.decode()
    described = set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))
    typed = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    assert typed and typed == described


# Settings


def assert_refused(result: subprocess.CompletedProcess, statuses) -> None:
    assert result.returncode in statuses, result.stderr
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, f"not one sentence: {result.stderr!r}"
    assert len(lines[0].split()) >= 4


USAGE = [64]
SYSEXITS = range(64, 79)


@pytest.mark.parametrize(
    "flags",
    [
        "--no-such-flag",
        "--port",
        "--port 65536",
        "--port -1",
        "--port http",
        "--port=",
        "--idle-timeout soon",
        "--idle-timeout 5parsecs",
        "--idle-timeout=-5s",
        "--max-message-size 16elephants",
        "--max-message-size=-1",
        "--max-message-size 99999999999999999999GiB",
        "--loops=-1",
        "--slow-consumer shout",
        "--log-level loud",
        "--compression maybe",
    ],
)
def test_wrong_flag_is_one_sentence_and_64(flags):
    words = flags.split()
    result = run_to_exit("--port", "0", *words)
    assert_refused(result, USAGE)
    flag = words[0].split("=")[0]
    assert flag in result.stderr, "the sentence does not name the flag"


def test_surplus_argument_is_refused():
    assert_refused(run_to_exit("--port", "0", "surplus"), USAGE)


@pytest.mark.parametrize("by", ["a stranger", "another swiftlet"])
def test_port_in_use(start_server, by):
    with socket.socket() as stranger:
        if by == "a stranger":
            stranger.bind(("127.0.0.1", 0))
            stranger.listen()
            port = stranger.getsockname()[1]
        else:
            # Listeners that share a port among loops must not share it with another process.
            port = start_server().port
        result = run_to_exit("--port", str(port))
    assert_refused(result, SYSEXITS)
    assert str(port) in result.stderr


def test_address_that_is_not_ours():
    assert_refused(run_to_exit("--host", "192.0.2.1", "--port", "0"), SYSEXITS)


def test_unwritable_record(tmp_path):
    path = str(tmp_path / "no such folder" / "images.jsonl")
    result = run_to_exit("--port", "0", "--record", path)
    assert_refused(result, SYSEXITS)
    assert path in result.stderr


def limit_of(process: ServerProcess, limit: int) -> None:
    """Checks that the largest message is exactly `limit` bytes."""
    with RawSocket(process.port) as connection:
        connection.upgrade()
        connection.send(frame(BINARY, bytes(limit)))
        connection.expect_message(BINARY, bytes(limit))
        connection.send(frame_header(BINARY, limit + 1, mask=b"mask"))
        connection.expect_close(1009)


@pytest.mark.parametrize(
    "written, size", [("65536", 65536), ("64KiB", 65536), ("1MiB", 1 << 20), ("1", 1)]
)
def test_sizes(start_server, written, size):
    limit_of(start_server("--max-message-size", written), size)


def test_environment_and_flags():
    environment = {"SWIFTLET_PORT": "0", "SWIFTLET_MAX_MESSAGE_SIZE": "64KiB"}
    from_environment = ServerProcess(env=environment)
    try:
        assert from_environment.port != 9001  # the default
        limit_of(from_environment, 65536)
    finally:
        from_environment.stop()

    overridden = ServerProcess("--max-message-size", "128KiB", env=environment)
    try:
        limit_of(overridden, 131072)
    finally:
        overridden.stop()


def test_wrong_environment_is_refused():
    result = run_to_exit(env={"SWIFTLET_PORT": "0", "SWIFTLET_IDLE_TIMEOUT": "soon"})
    assert_refused(result, SYSEXITS)
    assert "soon" in result.stderr


def test_help_is_on_standard_output():
    result = run_to_exit("--help")
    assert result.returncode == 0
    for flag in ("--port", "--max-message-size", "--drain-timeout", "--record"):
        assert flag in result.stdout


@pytest.mark.parametrize("loops", ["1", "3"])
def test_loops(start_server, loops):
    process = start_server("--loops", loops)
    connections = [RawSocket(process.port).upgrade() for _ in range(20)]
    for connection in connections:
        connection.send(frame(TEXT, b"hello"))
        connection.expect_message(TEXT, b"hello")
        connection.close()


def test_logs_go_to_standard_error_only(start_server):
    """stop() finds anything else than the ready line on standard output."""
    process = start_server("--log-level", "trace")
    with RawSocket(process.port) as connection:
        connection.upgrade()
        connection.send(frame(TEXT, b"hello", masked=False))
        connection.expect_close(1002)
    process.stop()
    assert process.stderr()


# Time limits

IDLE_CODES = (1000, 1001, 1008)  # which of them is the server's choice


def test_idle_connection_is_closed(start_server):
    process = start_server("--idle-timeout", "300ms")
    with RawSocket(process.port) as connection:
        connection.upgrade()
        connection.expect_goodbye(*IDLE_CODES)


def test_half_a_message_is_idle_too(start_server):
    process = start_server("--idle-timeout", "300ms")
    with RawSocket(process.port) as connection:
        connection.upgrade()
        connection.send(frame_header(BINARY, 1000, mask=b"mask") + b"some")
        # Our half frame still wants its other half, so that no close frame can follow it.
        connection.expect_close_frame(*IDLE_CODES)


def test_idle_keep_alive_connection_is_closed(start_server):
    process = start_server("--idle-timeout", "300ms")
    with RawSocket(process.port) as http:
        assert http.get("/healthz").status == 200
        http.expect_eof()


def test_pings_are_sent(start_server):
    process = start_server("--ping-interval", "200ms")
    with RawSocket(process.port) as connection:
        connection.upgrade()
        for _ in range(3):
            ping = connection.receive_frame()
            assert (ping.fin, ping.opcode) == (True, PING)
            connection.send(frame(PONG, ping.payload))
        connection.send(frame(TEXT, b"hello"))
        while (got := connection.receive_frame()).opcode == PING:
            pass
        assert (got.opcode, got.payload) == (TEXT, b"hello")


def test_ping_between_fragments_keeps_to_the_frame(start_server):
    """The server's ping must not land inside a frame of a large answer."""
    process = start_server("--ping-interval", "200ms")
    payload = os.urandom(8 << 20)
    with RawSocket(process.port, receive_buffer=65536) as connection:
        connection.upgrade()
        connection.send(frame(BINARY, payload))
        pings = 0
        while pings < 2:  # it pings before, after, or between whole frames
            got = connection.receive_frame()
            if got.opcode == PING:
                pings += 1
            else:
                assert (got.fin, got.opcode) == (True, BINARY)
                equal = got.payload == payload
                assert equal
