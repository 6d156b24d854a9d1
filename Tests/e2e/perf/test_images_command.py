# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf images` from outside."""

import statistics

import pytest
from command import measured, python_server
from reports import perf

SMALL = ["--count", "20", "--shape", "30x40", "--parallel", "3"]
CELLS = [
    f"{life}, {order}, {mode}"
    for mode in ("wait", "ack")
    for life in ("long", "short")
    for order in ("serial", "parallel")
]


def line(message):
    """What the first of all these servers answered, by other means than ours."""
    middle, mean = statistics.median(message), statistics.fmean(message)
    return f"Received: {len(message)}, ({len(message)},), {max(message)}, {min(message)}, {mean}, {float(middle)}"


def stats(connection):
    acknowledges = "mode=ack" in connection.request.path
    for message in connection:
        connection.send(f"Received: {len(message)}" if acknowledges else line(message))


@pytest.fixture
def url(server):
    return f"ws://127.0.0.1:{server.port}/stats"


def check_grid(runs, done):
    assert done.returncode == 0, done.stderr
    assert [run["name"] for run in runs] == CELLS
    for run in runs:
        assert not any(run["faults"].values())
        assert [message["idx"] for message in run["messages"]] == list(range(20))
        for message in run["messages"]:
            assert message["total"] == pytest.approx(message["send"] + message["recv"], abs=1e-6)
        connections = 20 if run["name"].startswith("short") else 3 if "parallel" in run["name"] else 1
        for phase in ("connect", "upgrade", "close"):
            assert run["times"][phase]["count"] == connections
        for phase in ("send", "firstByte", "lastByte", "response"):
            assert run["times"][phase]["count"] == 20
    assert "every reply was right" in done.stdout
    assert "serial 48 s, parallel 9.8 s" in done.stdout


def test_whole_grid_on_our_server(url, tmp_path):
    check_grid(*measured(tmp_path / "result.json", "images", "--url", url, *SMALL))


def test_whole_grid_on_a_foreign_server(tmp_path):
    with python_server(stats) as url:
        check_grid(*measured(tmp_path / "result.json", "images", "--url", url, *SMALL))


def test_part_of_the_grid(url, tmp_path):
    runs, done = measured(
        tmp_path / "result.json", "images", "--url", url, *SMALL,
        "--connections", "short", "--order", "parallel", "--mode", "ack,wait",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [run["name"] for run in runs] == ["short, parallel, ack", "short, parallel, wait"]


def test_images_of_a_folder(url, tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 3 2 255\n" + bytes([0, 5, 9, 255, 1, 2]))
    (tmp_path / "b.raw").write_bytes(bytes(range(200)) * 6)
    done = perf("images", "--url", url, *SMALL, "--folder", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "every reply was right" in done.stdout


def test_wrong_statistics_are_wrong():
    def wrong(connection):
        for number, message in enumerate(connection):
            # Half of all there can be, whatever it was.
            spoilt = message[:-1] + bytes([message[-1] ^ 128])
            connection.send(line(message if number % 10 else spoilt))

    with python_server(wrong) as url:
        done = perf(
            "images", "--url", url, *SMALL, "--connections", "long", "--order", "serial", "--mode", "wait"
        )
    assert done.returncode == 1
    assert "WRONG in long, serial, wait: 2 corrupted" in done.stdout


def test_error_replies_are_wrong(url):
    done = perf("images", "--url", url + "?method=quickselect&channels=9", *SMALL)
    assert done.returncode != 0


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--url", "ws://127.0.0.1:1/"], "could not be opened, the first because:"),
        (["--url", "ws://x/", "--count", "0"], "must be above 0"),
        (["--url", "ws://x/", "--order", "sideways"], "sideways"),
        (["--url", "ws://x/", "--folder", "/nowhere"], "the folder /nowhere cannot be read"),
    ],
)
def test_says_what_is_wrong(arguments, sentence):
    done = perf("images", *arguments)
    assert done.returncode not in (0, 1, 3)
    assert sentence in done.stderr
    assert done.stdout == ""
