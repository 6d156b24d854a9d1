# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf` and servers that speak TLS: whom it believes, and what it says of whom it does not."""

import contextlib
import json

import pytest
from certificates import make_identity
from command import echo, measured, python_server
from reports import perf
from serverprocess import ServerProcess

BRIEF = ["--duration", "300ms", "--warm-up", "100ms", "--connections", "4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("identities")


@pytest.fixture(scope="module")
def identity(folder):
    return make_identity(folder)


@contextlib.contextmanager
def serving(kind, identity):
    """The URL of a TLS server that sends every message back: ours, or one that nobody here wrote."""
    if kind == "foreign":
        with python_server(echo, identity.serving()) as url:
            yield url
    else:
        server = ServerProcess("--port", "0", *identity.flags)
        yield f"wss://127.0.0.1:{server.port}/echo"
        server.stop()


@pytest.fixture(scope="module")
def ours(identity):
    """The port of a server of ours."""
    server = ServerProcess("--port", "0", *identity.flags)
    yield server.port
    server.stop()


@pytest.mark.parametrize("size", [20, 300_000])
@pytest.mark.parametrize("kind", ["ours", "foreign"])
def test_measures_what_is_trusted(kind, identity, tmp_path, size):
    with serving(kind, identity) as url:
        runs, done = measured(
            tmp_path / "result.json", "echo", "--url", url, *BRIEF, "--size", size,
            "--ca", identity.certificate, "--expect", "loss=0",
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every reply was right" in done.stdout
    for phase in ("connect", "tls", "upgrade", "close"):
        assert runs[0]["times"][phase]["count"] == 4


def test_times_no_tls_where_there_is_none(server, tmp_path):
    url = f"ws://127.0.0.1:{server.port}/echo"
    runs, done = measured(tmp_path / "result.json", "echo", "--url", url, *BRIEF)
    assert done.returncode == 0, done.stderr
    assert "tls" not in runs[0]["times"] and "TLS" not in done.stdout


@pytest.mark.parametrize("kind", ["ours", "foreign"])
def test_believes_nobody_unasked(kind, identity):
    with serving(kind, identity) as url:
        done = perf("echo", "--url", url, *BRIEF)
        assert done.returncode == 69 and done.stdout == ""
        assert "by an authority that is not trusted" in done.stderr
        assert "--ca FILE says whom to trust, --insecure measures without the check" in done.stderr
        done = perf("echo", "--url", url, *BRIEF, "--insecure")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "every reply was right" in done.stdout


@pytest.mark.parametrize(
    "names, days, sentence",
    [
        (["DNS:other.example"], 2, "its certificate is for another host"),
        (["IP:127.0.0.1"], -1, "its certificate has expired"),
    ],
)
def test_says_what_is_wrong_with_a_certificate(folder, names, days, sentence):
    identity = make_identity(folder, *names, days=days)
    with python_server(echo, identity.serving()) as url:
        done = perf("echo", "--url", url, *BRIEF, "--ca", identity.certificate)
        assert done.returncode == 69 and done.stdout == ""
        assert sentence in done.stderr and "; --insecure measures without the check" in done.stderr
        assert "--ca" not in done.stderr
        assert perf("echo", "--url", url, *BRIEF, "--insecure").returncode == 0


def test_says_that_there_is_no_tls(server):
    done = perf("echo", "--url", f"wss://127.0.0.1:{server.port}/echo", *BRIEF)
    assert done.returncode == 69
    assert "it does not speak TLS there; check the port, or use a ws:// URL" in done.stderr


@pytest.mark.parametrize(
    "arguments, status, sentence",
    [
        (["--ca", "there-is-none.pem"], 69, "No such file"),
        (["--ca", __file__], 69, "there is no usable certificate in"),
        (["--ca", __file__, "--insecure"], 64, "leave out --ca or that"),
    ],
)
@pytest.mark.parametrize("command", ["echo", "short", "ramp", "peaks", "idle", "instances"])
def test_says_what_is_wrong_with_the_authorities(ours, command, arguments, status, sentence):
    done = perf(command, "--url", f"wss://127.0.0.1:{ours}/echo", *arguments)
    assert done.returncode == status, done.stderr
    assert sentence in done.stderr


SCENARIOS = {
    "short": ["--connections", "2", "--duration", "300ms", "--warm-up", "100ms"],
    "ramp": ["--step", "5", "--up-to", "5", "--every", "2s", "--threads", "1"],
    "peaks": ["--connections", "5", "--peaks", "2", "--count", "100", "--every", "100ms"],
    "instances": ["--processes", "1,2", *BRIEF],
    "idle": ["--connections", "50", "--processes", "2"],
    "capacity": ["--up-to", "1000", "--expect", "p99<10s", *BRIEF],
    "codecs": ["--rounds", "6", "--round-duration", "50ms", "--repetitions", "1", "--connections", "2"],
}


@pytest.mark.parametrize("command", SCENARIOS)
def test_every_scenario_speaks_tls(ours, identity, tmp_path, command):
    runs, done = measured(
        tmp_path / "result.json", command, "--url", f"wss://127.0.0.1:{ours}/echo",
        "--ca", identity.certificate, *SCENARIOS[command],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert runs
    if command in ("short", "ramp", "instances", "idle"):
        assert all(times["count"] for run in runs if (times := run["times"].get("tls")))
        assert any("tls" in run["times"] for run in runs)


def test_images_and_topics_and_pushing(ours, identity):
    ca = ["--ca", identity.certificate]
    for command, url, rest in [
        ("images", f"wss://127.0.0.1:{ours}/stats", ["--count", "4", "--shape", "60x80"]),
        ("fanout", f"wss://127.0.0.1:{ours}/topics/tls", BRIEF),
        ("push", f"wss://127.0.0.1:{ours}/push", ["--connections", "2", "--duration", "300ms"]),
        ("push", f"https://127.0.0.1:{ours}/poll", ["--connections", "2", "--duration", "300ms"]),
    ]:
        done = perf(command, "--url", url, *ca, *rest)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "was right" in done.stdout
        done = perf(command, "--url", url, *rest)
        assert done.returncode == 69 and "--ca FILE" in done.stderr


def test_connections_that_are_not_trusted_are_not_held(ours):
    done = perf("idle", "--url", f"wss://127.0.0.1:{ours}/echo", "--connections", "5")
    assert done.returncode == 1
    assert "0 of 5 connections opened" in done.stdout
    assert "5 connections could not be opened: " in done.stdout and "--ca FILE" in done.stdout


def test_compares_servers_with_and_without_tls(server, ours, identity):
    done = perf(
        "compare", f"ws://127.0.0.1:{server.port}/echo", f"wss://127.0.0.1:{ours}/echo",
        "--ca", identity.certificate, "--rounds", "6", "--round-duration", "50ms", "--warm-up", "10ms",
        "--connections", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every reply was right" in done.stdout


def test_compares_transports_in_clear_and_by_tls(server, ours, identity, tmp_path):
    file = tmp_path / "result.json"
    done = perf(
        "transports", "--ws", f"ws://127.0.0.1:{server.port}/echo", "--wss", f"wss://127.0.0.1:{ours}/echo",
        "--http", f"http://127.0.0.1:{server.port}/echo", "--https", f"https://127.0.0.1:{ours}/echo",
        "--push", f"wss://127.0.0.1:{ours}/push", "--poll", f"https://127.0.0.1:{ours}/poll",
        "--ca", identity.certificate, "--rounds", "6", "--round-duration", "100ms", "--warm-up", "100ms",
        "--size", "64", "--connections", "4", "--json", file,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    runs = {run["name"]: run for run in json.loads(file.read_text())["runs"]}
    assert list(runs) == ["ws", "wss", "http", "https", "push", "poll"]
    for name, run in runs.items():
        assert ("tls" in run["times"]) == (name not in ("ws", "http"))
        assert run["times"]["response"]["count"] > 0


def test_says_that_the_calibration_has_no_tls(ours, identity, tmp_path):
    runs, done = measured(
        tmp_path / "result.json", "echo", "--url", f"wss://127.0.0.1:{ours}/echo", *BRIEF, "--calibrate",
        "--ca", identity.certificate,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The null server speaks no TLS" in done.stdout
    assert any("The null server speaks no TLS" in remark for remark in runs[0]["remarks"])
