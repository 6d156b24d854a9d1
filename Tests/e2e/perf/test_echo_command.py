# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf echo` from outside: what it prints and writes, and its exit status."""

import json
import re
import subprocess
import threading

import pytest
from hdrh.histogram import HdrHistogram
from serverprocess import PATIENCE, binary
from websockets.sync.server import serve

BRIEF = ["--duration", "300ms", "--warm-up", "100ms", "--connections", "4"]


def run(*arguments):
    return subprocess.run(
        [binary().with_name("swiftlet-perf"), "echo", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture
def url(server):
    return f"ws://127.0.0.1:{server.port}/echo"


@pytest.fixture(scope="module")
def python_server():
    """A server that nobody here wrote."""

    def echo(connection):
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()


@pytest.mark.parametrize("kind", [[], ["--text"]], ids=["binary", "text"])
def test_tells_what_a_foreign_server_does(python_server, kind):
    done = run("--url", python_server, *BRIEF, *kind)
    assert done.returncode == 0, done.stderr
    assert "every reply was right" in done.stdout
    assert re.search(r"^\d+ replies/s over 0\.\d s$", done.stdout, re.MULTILINE)
    assert done.stderr == ""


def test_writes_histograms_that_other_tools_read(url, tmp_path):
    file = tmp_path / "result.json"
    done = run("--url", url, *BRIEF, "--rate", "2000", "--seed", "7", "--json", str(file))
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert result["schema"] == 1 and result["scenario"] == "echo" and result["seed"] == "7"
    [measured] = result["runs"]
    assert measured["load"]["url"] == url
    assert set(measured["times"]) == {"connect", "upgrade", "response", "service", "lag"}
    for times in measured["times"].values():
        histogram = HdrHistogram.decode(times["hdr"].encode())
        assert histogram.get_total_count() == times["count"]
        # Within the resolution, a thousandth. Percentiles are not compared: of few values the two take
        # neighbours.
        assert histogram.get_mean_value() == pytest.approx(times["mean"], rel=0.001)
        assert histogram.get_min_value() == pytest.approx(times["min"], rel=0.001)
        assert histogram.get_max_value() == pytest.approx(times["max"], rel=0.001)
    assert sum(second["received"] for second in measured["seconds"]) <= measured["times"]["response"]["count"]


def test_rate_is_that_of_the_replies(url, tmp_path):
    file = tmp_path / "result.json"
    done = run("--url", url, *BRIEF, "--json", str(file))
    assert done.returncode == 0, done.stderr
    [measured] = json.loads(file.read_text())["runs"]
    assert measured["faults"] == dict.fromkeys(measured["faults"], 0)
    received = sum(second["received"] for second in measured["seconds"])
    assert measured["figures"]["rate"] * measured["figures"]["measuredSeconds"] == pytest.approx(received)


@pytest.mark.parametrize(
    "expectation, status",
    [("rate>=1", 0), ("loss=0", 0), ("faults=0", 0), ("p50<60s", 0), ("p50<1ms", None),
     ("rate>1000000000", 3), ("service.p99.9>1h", 3), ("max<=1h", 0)],
)
def test_expectations_decide_the_exit_status(url, expectation, status):
    done = run("--url", url, *BRIEF, "--expect", expectation)
    if status is not None:
        assert done.returncode == status, done.stdout
    broken = f"swiftlet-perf: {expectation} does not hold" in done.stderr
    assert broken == (done.returncode == 3)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--url", "ws://127.0.0.1:1/"], "could not be opened, the first because:"),
        (["--url", "http://127.0.0.1:1/"], "begins with ws://, not http://"),
        (["--url", "ws://x/", "--size", "3"], "--size must be at least 12"),
        (["--url", "ws://x/", "--connections", "0"], "must be above 0"),
        (["--url", "ws://x/", "--expect", "p99"], "p99<5ms"),
        (["--url", "ws://x/", "--duration", "0s"], "0s"),
    ],
)
def test_says_what_is_wrong(arguments, sentence):
    done = run(*arguments)
    assert done.returncode not in (0, 3)
    assert sentence in done.stderr
    assert done.stdout == ""
