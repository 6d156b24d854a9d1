# SPDX-License-Identifier: Apache-2.0
"""`swiftlet check`, keys of the configuration file, and SIGHUP where nothing is to be read anew."""

import json
import signal
import subprocess

import pytest
from rawsocket import RawSocket
from serverprocess import run_to_exit


def check(*flags: str, **settings) -> subprocess.CompletedProcess:
    return run_to_exit(*flags, command="check", **settings)


def test_a_valid_configuration(tmp_path):
    file = tmp_path / "swiftlet.json"
    file.write_text(json.dumps({"port": 9002, "max-message-size": "1MiB"}))
    tokens = tmp_path / "tokens"
    tokens.write_text("secret project\n")
    result = check(
        "--config", str(file), "--tokens", str(tokens), env={"SWIFTLET_IDLE_TIMEOUT": "2m"}
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "the configuration is valid\n"


def test_nothing_is_made_or_taken(tmp_path, server):
    store, record = tmp_path / "store", tmp_path / "record"
    flags = ["--port", str(server.port), "--store", f"sqlite:{store}", "--record", str(record)]
    assert check(*flags).returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "content", "status", "says"),
    [
        (["--port", "70000"], None, 64, '--port: "70000" is not a port number'),
        (["--nonsense"], None, 64, "--nonsense"),
        (["--tokens", "absent"], None, 66, 'cannot read the token file "absent"'),
        ([], {"max-conections": 5}, 78, '"max-conections" in '),
        ([], {"idle-timeout": "soon"}, 78, '"soon" is not a duration'),
        ([], {"loops": [1]}, 78, "is neither a text nor a whole number"),
        ([], "{", 78, "cannot read the configuration file"),
    ],
    ids=["flag", "unknown flag", "file", "unknown key", "value", "type", "syntax"],
)
def test_refuses_what_serve_refuses(tmp_path, flags, content, status, says):
    if content is not None:
        file = tmp_path / "swiftlet.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        flags = [*flags, "--config", str(file)]
    checked, served = check(*flags), run_to_exit("--port", "0", *flags)
    assert checked.returncode == status
    assert says in checked.stderr
    assert checked.stderr.count("\n") == 1, "one sentence"
    if "--port" not in flags:
        assert (served.returncode, served.stderr) == (checked.returncode, checked.stderr)


def test_a_hangup_ends_nothing(start_server):
    process = start_server()
    for _ in range(2):
        process.process.send_signal(signal.SIGHUP)
        with RawSocket(process.port) as http:
            assert http.get("/healthz").status == 200
