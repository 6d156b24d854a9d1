# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf short` from outside."""

import pytest
from command import measured, python_server
from reports import perf

BRIEF = ["--duration", "300ms", "--warm-up", "50ms", "--connections", "4"]
PHASES = {"connect", "upgrade", "send", "firstByte", "lastByte", "response", "close", "whole"}


@pytest.mark.parametrize("format", ["binary", "text", "json", "msgpack"])
def test_times_each_part_of_a_connection(url, format, tmp_path):
    [run], done = measured(
        tmp_path / "result.json", "short", "--url", url, *BRIEF, "--format", format, "--size", 100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every reply was right" in done.stdout
    assert set(run["times"]) == PHASES
    assert run["figures"]["clientMicrosecondsPerConnection"] > 0


def test_wrong_replies_are_wrong():
    def wrong(connection):
        for message in connection:
            connection.send(message[:-1] + b"\0\0")

    with python_server(wrong) as url:
        done = perf("short", "--url", url, *BRIEF)
    assert done.returncode == 1
    assert "WRONG: " in done.stdout and " corrupted" in done.stdout
