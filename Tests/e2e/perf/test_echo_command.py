# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf echo` from outside: what it prints and writes, and its exit status."""

import http.server
import json
import re
import socketserver
import subprocess
import threading
import time

import msgpack
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


@pytest.mark.parametrize("format", ["binary", "text", "json", "msgpack"])
def test_tells_what_a_foreign_server_does(python_server, format):
    done = run("--url", python_server, *BRIEF, "--format", format, "--size", "60")
    assert done.returncode == 0, done.stderr
    assert "every reply was right" in done.stdout
    assert re.search(r"^\d+ replies/s over \d\.\d s$", done.stdout, re.MULTILINE)
    assert "swiftlet-perf:" not in done.stderr


def test_names_a_foreign_server_as_the_limit():
    def echo(connection):
        for message in connection:
            time.sleep(0.005)  # so that it is the limit on any machine
            connection.send(message)

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        done = run("--url", url, *BRIEF)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert "the server was the limit: the busiest client thread used" in done.stdout


@pytest.mark.parametrize("size", [60, 255, 300, 70_000])
def test_messages_are_what_they_are_called(size):
    seen = {}

    def echo(connection):
        for message in connection:
            seen.setdefault("first", message)
            connection.send(message)

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        for format, read in [("json", json.loads), ("msgpack", msgpack.unpackb)]:
            seen.clear()
            done = run("--url", url, *BRIEF, "--format", format, "--size", str(size))
            assert done.returncode == 0, done.stderr
            message = seen["first"]
            assert len(message) == size and isinstance(message, str if format == "json" else bytes)
            value = read(message)
            assert set(value) == {"seq", "sum", "data"}
            assert value["seq"] in (0, "00000000")
        server.shutdown()


class Posts(http.server.BaseHTTPRequestHandler):
    """Sends each body back, on a connection that is kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = body[::-1] if self.path == "/backwards" else body
        self.send_response(200 if self.path != "/nothing" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def http_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Posts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("size", ["60", "480000"])
def test_posts_to_a_foreign_http_server(http_server, size):
    done = run("--url", http_server + "/echo", *BRIEF, "--size", size)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "every reply was right" in done.stdout


class Bytes(socketserver.BaseRequestHandler):
    """Sends back what comes, but for `spoil`ed replies."""

    spoil = False

    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data[:-1] + b"?" if self.spoil else data)


class SpoiltBytes(Bytes):
    spoil = True


class TCPServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def tcp_server(request):
    with TCPServer(("127.0.0.1", 0), request.param) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("tcp_server", [Bytes], indirect=True)
@pytest.mark.parametrize("size", ["60", "480000"])
def test_measures_plain_tcp(tcp_server, size):
    done = run("--url", tcp_server, *BRIEF, "--size", size, "--depth", "2")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "every reply was right" in done.stdout


@pytest.mark.parametrize("tcp_server", [SpoiltBytes], indirect=True)
def test_names_what_a_tcp_server_does_wrong(tcp_server):
    done = run("--url", tcp_server, *BRIEF, "--patience", "300ms")
    assert done.returncode == 1
    assert re.search(r"^WRONG: .*\d+ corrupted", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("path", ["/backwards", "/nothing"])
def test_names_what_an_http_server_does_wrong(http_server, path):
    done = run("--url", http_server + path, *BRIEF, "--patience", "300ms")
    assert done.returncode == 1
    assert re.search(r"^WRONG: .*\d+ corrupted", done.stdout, re.MULTILINE)


def test_writes_histograms_that_other_tools_read(url, tmp_path):
    file = tmp_path / "result.json"
    done = run("--url", url, *BRIEF, "--rate", "2000", "--seed", "7", "--json", str(file))
    assert done.returncode == 0, done.stderr
    result = json.loads(file.read_text())
    assert result["schema"] == 1 and result["scenario"] == "echo" and result["seed"] == "7"
    [measured] = result["runs"]
    assert measured["load"]["url"] == url
    assert set(measured["times"]) - {"late"} == {"connect", "upgrade", "response", "service", "lag", "close"}
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
        (["--url", "ftp://127.0.0.1:1/"], "begins with ws:// or wss://, not ftp://"),
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
