# SPDX-License-Identifier: Apache-2.0
"""What runs tell while they run: on a terminal, in a log, to StatsD and to Prometheus."""

import fcntl
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serverprocess import PATIENCE, binary

SECONDS = ["--duration", "3s", "--warm-up", "100ms", "--connections", "4", "--rate", "500"]


@pytest.fixture
def echo(server):
    """Begins to measure the server; the arguments come after its own."""
    begun = []

    def begin(*arguments, **options):
        command = [binary().with_name("swiftlet-perf"), "echo", "--url", f"ws://127.0.0.1:{server.port}/echo"]
        process = subprocess.Popen(
            [*command, *SECONDS, *arguments],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            | options,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def on_a_terminal(echo, columns: int, **environment) -> str:
    """What a terminal that many columns wide is sent."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    process = echo(stderr=slave, stdout=subprocess.DEVNULL, env=kept | environment)
    os.close(slave)
    sent = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        sent += part
    os.close(master)
    assert process.wait(PATIENCE) == 0
    return sent.decode()


def lines(sent: str) -> list[str]:
    """The lines that replaced one another, without colours."""
    return [re.sub("\x1b\\[[0-9;]*m", "", line) for line in sent.split("\r\x1b[K")]


@pytest.mark.parametrize("columns", [20, 60, 200])
def test_a_terminal_line_is_drawn_anew_and_never_wraps(echo, columns):
    sent = on_a_terminal(echo, columns, TERM="xterm")
    seen = lines(sent)
    assert seen[0] == "" and seen[-1] == "", "nothing is left of it"
    assert "\n" not in sent
    assert max(len(line) for line in seen) < columns
    assert any("measuring" in line for line in seen)
    if columns == 200:
        assert any(
            re.fullmatch(
                r"█+░*  measuring \d+ %  \d+/s  p50 \S+ \S+  p99 \S+ \S+  max \S+ \S+  no errors  client \d+ % busy",
                line,
            )
            for line in seen
        ), seen
        assert "\x1b[1m" in sent


def test_no_colour_where_none_is_wanted(echo):
    sent = on_a_terminal(echo, 80, TERM="xterm", NO_COLOR="1")
    assert not re.search("\x1b\\[[0-9;]*m", sent)
    assert any("measuring" in line for line in lines(sent))


def test_a_dumb_terminal_gets_lines(echo):
    sent = on_a_terminal(echo, 80, TERM="dumb")
    assert "\x1b" not in sent and "█" not in sent
    assert len([line for line in sent.splitlines() if line.startswith("measuring ")]) >= 2


def test_a_log_gets_a_line_a_second(echo):
    process = echo()
    _, errors = process.communicate(timeout=PATIENCE)
    measuring = [line for line in errors.splitlines() if line.startswith("measuring ")]
    assert len([line for line in measuring if "p50" in line]) == 3
    for line in measuring:
        assert re.fullmatch(
            r"measuring \d+ %, \d+/s, p50 \S+ \S+, p99 \S+ \S+, max \S+ \S+, no errors, client \d+ % busy", line
        ), line


def test_quiet(echo):
    _, errors = echo("--quiet").communicate(timeout=PATIENCE)
    assert errors == ""


def test_statsd_gets_each_second(echo):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        process = echo("--statsd", f"127.0.0.1:{listener.getsockname()[1]}")
        datagrams = [listener.recv(65536).decode() for _ in range(3)]
        process.communicate(timeout=PATIENCE)
    for datagram in datagrams:
        assert len(datagram) < 1400
        values = {}
        for line in datagram.splitlines():
            name, value, kind, tags = re.fullmatch(r"([\w.]+):([\d.]+)\|([cg])\|#(.*)", line).groups()
            assert tags == "scenario:echo"
            values[name] = (float(value), kind)
        assert values["swiftlet_perf.received"][1] == "c" and values["swiftlet_perf.rate"][1] == "g"
        assert 0 < values["swiftlet_perf.received"][0] < 5000
        p50, p99 = values["swiftlet_perf.response.p50"][0], values["swiftlet_perf.response.p99"][0]
        assert 0 < p50 <= p99 <= values["swiftlet_perf.response.max"][0]
        assert values["swiftlet_perf.faults"] == (0, "g")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def scrape(port: int) -> dict[tuple, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_sees_it_while_it_runs(echo):
    port = free_port()
    process = echo("--metrics-port", str(port))
    seen = {}
    deadline = time.monotonic() + PATIENCE
    while ("swiftlet_perf_response_seconds_count",) not in seen and time.monotonic() < deadline:
        try:
            seen = scrape(port)
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None
    assert seen["swiftlet_perf_phase", "measuring"] == 1
    assert seen[("swiftlet_perf_connections",)] == 4
    assert seen[("swiftlet_perf_received_total",)] >= seen[("swiftlet_perf_response_seconds_count",)] > 0
    assert 0 < seen["swiftlet_perf_response_seconds", "0.5"] <= seen["swiftlet_perf_response_seconds", "1.0"]
    assert seen[("swiftlet_perf_faults",)] == 0
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and "every reply was right" in output


def test_what_is_no_address(echo):
    for wrong in ["nowhere", "127.0.0.1:0", "127.0.0.1:x", "::1:8125"]:
        process = echo("--statsd", wrong)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 64 and "--statsd" in errors
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = echo("--metrics-port", str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 69 and "the metrics cannot be served" in errors
