# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf transports` on a server with all of them, and `push` by long polling."""

import json
import re

import pytest
from instrument import BRIEF
from reports import perf
from serverprocess import ServerProcess


TCP_PORT = re.compile(r"tcp echo listening on tcp://127\.0\.0\.1:(\d+)\n")


@pytest.fixture(scope="module")
def ports():
    server = ServerProcess("--port", "0", "--tcp-echo-port", "0")
    # In the log before the ready line.
    yield server.port, int(TCP_PORT.search(server.stderr())[1])
    server.stop()


def test_compares_all(ports, tmp_path):
    port, tcp_port = ports
    file = tmp_path / "result.json"
    done = perf(
        "transports", "--ws", f"ws://127.0.0.1:{port}/echo", "--http", f"http://127.0.0.1:{port}/echo",
        "--tcp", f"tcp://127.0.0.1:{tcp_port}", "--push", f"ws://127.0.0.1:{port}/push",
        "--poll", f"http://127.0.0.1:{port}/poll", "--rounds", "6", "--round-duration", "100ms",
        "--warm-up", "100ms", "--size", "64", "--connections", "4", "--json", str(file),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(file.read_text())
    assert [run["name"] for run in result["runs"]] == ["ws", "http", "tcp", "push", "poll"]
    assert [entry["name"] for entry in result["comparison"]["subjects"]] == ["ws", "http", "tcp"]
    for run in result["runs"]:
        assert run["figures"]["rate"] > 0 and run["times"]["response"]["count"] > 0


def test_polls_what_is_pushed(ports):
    port, _ = ports
    done = perf("push", "--url", f"http://127.0.0.1:{port}/poll", *BRIEF, "--rate", "100", "--connections", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every message was right" in done.stdout


def test_says_what_http_answers_instead(ports):
    port, _ = ports
    done = perf("push", "--url", f"http://127.0.0.1:{port}/nothing", *BRIEF, "--connections", "1")
    assert done.returncode == 1
    assert "an answer had the HTTP status 404" in done.stdout


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--ws", "ws://127.0.0.1:1/"], "nothing to compare"),
        (["--push", "ws://127.0.0.1:1/"], "nothing to compare"),
        (["--ws", "ws://127.0.0.1:1/", "--tcp", "tcp://127.0.0.1:1", "--rounds", "1"], "--rounds must be"),
        (["--http", "http://127.0.0.1:1/", "--tcp", "tcp://127.0.0.1:1", "--depth", "2"], "one message at a time"),
    ],
)
def test_says_what_is_wrong(arguments, sentence):
    done = perf("transports", *arguments)
    assert done.returncode not in (0, 3)
    assert sentence in done.stderr


def test_calibration_is_told_and_kept(ports, tmp_path):
    port, _ = ports
    file = tmp_path / "result.json"
    done = perf(
        "echo", "--url", f"ws://127.0.0.1:{port}/echo", *BRIEF, "--connections", "8", "--calibrate",
        "--json", str(file),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    calibration = json.loads(file.read_text())["calibration"]
    assert [point["connections"] for point in calibration["points"]] == [1, 2, 4, 8]
    assert all(point["rate"] > 0 and point["p50"] <= point["p99"] for point in calibration["points"])
    assert re.search(r"^by itself: -?[0-9.]+ µs and -?\d+ ns a connection$", done.stdout, re.MULTILINE)
    assert re.search(r"^response without that: mean [0-9.]+, p50", done.stdout, re.MULTILINE)
