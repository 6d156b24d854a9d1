# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf compare` from outside: subjects, verdicts, and that nothing is left running."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from serverprocess import PATIENCE, ROOT, binary, eventually

PEERS = ROOT / "perf" / "peers"
BRIEF = ["--rounds", "6", "--round-duration", "50ms", "--warm-up", "10ms", "--connections", "2"]
ECHO = f"""
import threading
from websockets.sync.server import serve
def echo(connection):
    for message in connection:
        connection.send(message)
with serve(echo, "127.0.0.1", 0, compression=None) as server:
    print("listening on ws://127.0.0.1:%d/" % server.socket.getsockname()[1], flush=True)
    server.serve_forever()
"""


def command(*arguments):
    return [binary().with_name("swiftlet-perf"), "compare", *map(str, arguments)]


def run(*arguments):
    return subprocess.run(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture
def subject(tmp_path):
    """Writes a subject's file; values are TOML, which JSON's strings and arrays are."""

    def write(name, **values):
        values = {"name": name, "url": "ws://127.0.0.1:{port}/"} | values
        file = tmp_path / f"{name}.toml"
        file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
        return file

    return write


@pytest.fixture
def python_server(subject, tmp_path):
    """A subject that leaves its process id in a file."""
    program = tmp_path / "echo.py"
    program.write_text(f"import os\nopen('pid', 'w').write(str(os.getpid()))\n{ECHO}")
    return subject(
        "python", command=[sys.executable, "echo.py"], version=[sys.executable, "--version"]
    )


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_servers_of_commands_are_measured_and_stopped(subject, python_server, tmp_path):
    result = tmp_path / "result.json"
    ours = subject(
        "swiftlet",
        url="ws://127.0.0.1:{port}/echo",
        command=[str(binary()), "serve", "--port", "0", "--log-level", "error"],
        cpus="0",
        version=f"{binary()} --version",
    )
    done = run(ours, python_server, *BRIEF, "--round-duration", "300ms", "--json", result)
    assert done.returncode == 0, done.stderr
    assert "Every reply was right." in done.stdout
    assert not is_running((tmp_path / "pid").read_text())
    comparison = json.loads(result.read_text())["comparison"]
    first, second = comparison["subjects"]
    assert (first["name"], second["name"]) == ("swiftlet", "python")
    assert re.fullmatch(r"\d+\.\d+\.\d+", first["version"])
    assert second["version"].startswith("Python 3")
    assert first["cpus"] == "0" and "verdict" not in first
    assert len(first["rounds"]) == len(second["rounds"]) == 6
    for ratio in second["ratios"].values():
        assert 0 < ratio["low"] <= ratio["median"] <= ratio["high"]
    # Python takes several times as long. The best round, since a busy machine may spoil others.
    ours, theirs = (
        min(round["serverTime"] for round in entry["rounds"] if "serverTime" in round)
        for entry in (first, second)
    )
    assert 0 < ours < theirs


def test_servers_are_started_anew_for_each_turn(subject, tmp_path):
    file = subject(
        "swiftlet",
        url="ws://127.0.0.1:{port}/echo",
        command=f"echo x >>starts; exec {binary()} serve --port 0 --log-level error",
    )
    done = run(file, file, *BRIEF, "--restart")
    assert done.returncode == 0, done.stderr
    assert "swiftlet (2)" in done.stdout
    assert (tmp_path / "starts").read_text() == 2 * 6 * "x\n"


def test_running_servers_are_compared_by_url(server):
    url = f"ws://127.0.0.1:{server.port}/echo"
    done = run(url, url, *BRIEF)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[1].startswith(url) and rows[2].startswith(f"{url} (2)")
    verdicts = ("no difference shown", "slower", "faster")
    assert any(verdict in rows[2] for verdict in verdicts)


def test_server_may_be_given_a_free_port(subject):
    file = subject(
        "given",
        url="ws://127.0.0.1:{port}/echo",
        command=f"{binary()} serve --port {{port}} --log-level error",
    )
    done = run(file, file, *BRIEF)
    assert done.returncode == 0, done.stderr


def test_wrong_replies_end_with_status_1(subject, tmp_path):
    program = tmp_path / "wrong.py"
    program.write_text(ECHO.replace("send(message)", "send(message[::-1])"))
    file = subject("wrong", command=[sys.executable, "wrong.py"])
    done = run(file, file, *BRIEF, "--patience", "100ms")
    assert done.returncode == 1, done.stderr
    assert "wrong: WRONG: " in done.stdout


@pytest.mark.parametrize(
    "values, sentences",
    [
        ({"command": ["/no/such/program"]}, ["ended before it listened", "/no/such/program"]),
        ({"command": "echo as good as dead; exit 3"}, ["exit status 3", "as good as dead"]),
        ({"command": "sleep 1000"}, ['did not say "listening on" a port within 0.3 s']),
        (
            {"command": "sleep 1000", "url": "ws://127.0.0.1:1/"},
            ["did not listen at ws://127.0.0.1:1/ within 0.3 s"],
        ),
        ({"command": "echo listening on 1; sleep 1000"}, ["127.0.0.1:1"]),
        ({"command": []}, ["command must be a line"]),
        ({"command": 3}, ["line 3: a value is"]),
        ({}, ["url has {port}, which needs a command"]),
        ({"cpus": "0", "url": "ws://x/"}, ["not known without command: cpus"]),
        ({"comand": "x", "url": "ws://x/"}, ["not known without command: comand"]),
    ],
)
def test_says_why_a_subject_cannot_be_measured(subject, values, sentences):
    done = run(subject("sick", **values), "ws://127.0.0.1:1/", *BRIEF, "--start-limit", "300ms")
    assert done.returncode == 69, done.stderr
    assert "sick" in done.stderr or "127.0.0.1:1" in done.stderr
    for sentence in sentences:
        assert sentence in done.stderr
    assert done.stdout == ""


def test_says_that_a_server_died_meanwhile(subject, tmp_path):
    program = tmp_path / "dies.py"
    dies = "connection.send(message); print('alas', flush=True); import os; os._exit(5)"
    program.write_text(ECHO.replace("connection.send(message)", dies))
    file = subject("mortal", command=[sys.executable, "dies.py"])
    done = run(file, file, *BRIEF, "--patience", "100ms")
    assert done.returncode == 69, done.stderr
    assert "mortal ended" in done.stderr and "exit status 5" in done.stderr
    assert "alas" in done.stderr


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["ws://x/"], "nothing to compare with"),
        (["ws://x/", "ws://y/", "--rounds", "5"], "--rounds must be at least 6"),
        (["missing.toml", "ws://x/"], "missing.toml cannot be read"),
    ],
)
def test_says_what_is_wrong(arguments, sentence):
    done = run(*arguments)
    assert done.returncode not in (0, 1, 3)
    assert sentence in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_is_left_behind(python_server, tmp_path, how):
    perf = subprocess.Popen(
        command(python_server, python_server, *BRIEF, "--rounds", "100000"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        file = tmp_path / "pid"
        assert eventually(lambda: file.exists() and file.read_text())
        pid = file.read_text()
        assert is_running(pid)
    finally:
        perf.send_signal(how)
        status = perf.wait(PATIENCE)
    assert status == -how
    assert eventually(lambda: not is_running(pid))


def installed():
    done = subprocess.run(
        ["make", "-s", "-C", PEERS, "installed"], capture_output=True, text=True, timeout=PATIENCE
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    "peer", ["bare-epoll", "nio", "libwebsockets", "gorilla", "node-ws", "python-websockets"]
)
def test_peers_echo(peer, server):
    file = PEERS / peer / "subject.toml"
    if f"{peer}/subject.toml" not in installed():
        pytest.skip(f"the tools of {peer} are not installed: make -C perf/peers says which")
    if peer == "nio" and not (PEERS / "nio" / ".build" / "release" / "nio-echo").exists():
        pytest.skip("it takes minutes to build: make -C perf/peers nio")
    subprocess.run(["make", "-s", "-C", PEERS, peer], check=True, timeout=10 * PATIENCE)
    url = f"ws://127.0.0.1:{server.port}/echo"
    text = ["--format", "text", "--size", "100000", "--depth", "4"]
    done = run(url, file, *BRIEF, *text, "--patience", "30s")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every reply was right." in done.stdout
