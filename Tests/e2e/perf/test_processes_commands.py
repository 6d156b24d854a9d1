# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf idle` and `swiftlet-perf instances` from outside: scenarios that several processes share."""

import base64
import contextlib
import hashlib
import re
import socket
import threading

import pytest
from command import measured, python_server
from reports import perf

IDLE = ["--processes", "2", "--hold", "100ms"]


def echo(connection):
    for message in connection:
        connection.send(message)


@pytest.fixture
def url(server):
    return f"ws://127.0.0.1:{server.port}/echo"


@contextlib.contextmanager
def deaf_server():
    """The URL of a server that opens WebSockets and then neither reads nor writes."""
    held = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += connection.recv(4096)
                key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)[1]
                digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
                )

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


def test_holds_connections_and_finds_the_server(url, server, tmp_path):
    [run], done = measured(tmp_path / "result.json", "idle", "--url", url, "--connections", 200, *IDLE)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = run["figures"]
    assert (figures["connections"], figures["live"], figures["failed"]) == (200, 200, 0)
    for phase in ("connect", "upgrade", "pong"):
        assert run["times"][phase]["count"] == 200
    assert f"server (process {server.process.pid}): " in done.stdout
    assert 0 < figures["clientBytes"] <= figures["clientPeakBytes"] < 128 << 20


def test_holds_connections_of_a_foreign_server():
    with python_server(echo) as url:
        done = perf("idle", "--url", url, "--connections", 20, *IDLE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 of 20 answered a ping at the end" in done.stdout


def test_connections_that_do_not_answer_are_lost():
    with deaf_server() as url:
        done = perf("idle", "--url", url, "--connections", 6, *IDLE, "--patience", "500ms")
    assert done.returncode == 1
    assert "0 of 6 answered" in done.stdout and "WRONG: 6 lost" in done.stdout


def test_connections_that_end_are_told():
    with python_server(lambda connection: None) as url:
        done = perf("idle", "--url", url, "--connections", 6, *IDLE)
    assert done.returncode == 1
    assert "WRONG: 6 connections closed" in done.stdout


def test_failures_are_told_by_their_reason(start_server):
    server = start_server("--max-connections", "5")
    done = perf("idle", "--url", f"{server.url}/echo", "--connections", 12, *IDLE)
    assert done.returncode == 1
    assert "5 of 12 connections opened" in done.stdout
    assert "7 connections could not be opened: " in done.stdout and "status 503" in done.stdout


def test_instances_have_a_run_for_each_number_of_processes(url, tmp_path):
    runs, done = measured(
        tmp_path / "result.json", "instances", "--url", url, "--processes", "1,3", "--connections", 4,
        "--duration", "300ms", "--warm-up", "100ms", "--rate", 500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert [run["name"] for run in runs] == ["1 process", "3 processes"]
    for run in runs:
        assert len(run["threads"]) == run["figures"]["processes"]
        assert run["load"]["connections"] == 4 and run["load"]["rate"] == 500
        assert run["times"]["connect"]["count"] == 4
        received = sum(second["received"] for second in run["seconds"])
        assert run["figures"]["rate"] * run["figures"]["measuredSeconds"] == pytest.approx(received)


def test_wrong_replies_to_instances_are_wrong():
    def wrong(connection):
        for number, message in enumerate(connection):
            connection.send(message if number % 10 else message[:-1] + b"\0\0")

    with python_server(wrong) as url:
        done = perf(
            "instances", "--url", url, "--processes", 2, "--connections", 2, "--duration", "300ms",
            "--warm-up", "100ms", "--patience", "300ms",
        )  # fmt: skip
    assert done.returncode == 1
    assert re.search(r"WRONG in 2 processes: .*\d+ corrupted", done.stdout)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["instances", "--url", "ws://127.0.0.1:1/", "--processes", "2"], "could not be opened, the first because:"),
        (["instances", "--url", "ws://x/", "--processes", "51"], "no more than --connections"),
        (["idle", "--url", "http://x/"], "begins with ws://"),
        (["idle", "--url", "ws://x/", "--connections", "10000000"], "use --processes"),
    ],
)
def test_says_what_is_wrong(arguments, sentence):
    done = perf(*arguments)
    assert done.returncode not in (0, 1, 3)
    assert sentence in done.stderr
    assert done.stdout == ""
