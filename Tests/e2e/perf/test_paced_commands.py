# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf ramp` and `swiftlet-perf peaks` from outside."""

import itertools

import pytest
from command import measured, python_server
from reports import perf


def test_ramp_has_a_run_for_each_step_and_number_of_threads(url, tmp_path):
    runs, done = measured(
        tmp_path / "result.json", "ramp", "--url", url, "--step", 5, "--up-to", 10, "--every", "2s", "--threads", "1,2"
    )
    assert done.returncode == 0, done.stderr
    assert "every reply was right" in done.stdout
    figures = [(run["figures"]["threads"], run["figures"]["connections"]) for run in runs]
    assert figures == [(1, 5), (1, 10), (2, 5), (2, 10)]
    for run in runs:
        assert run["figures"]["achieved"] == 1
        assert run["times"]["response"]["count"] == run["times"]["lag"]["count"] > 0
        assert len(run["threads"]) == run["figures"]["threads"]


def test_peaks_have_a_run_for_each_number_of_connections(url, tmp_path):
    runs, done = measured(
        tmp_path / "result.json", "peaks", "--url", url, "--connections", "1,4", "--peaks", 2, "--count", 50,
        "--every", "200ms",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "every reply was right" in done.stdout
    assert [run["name"] for run in runs] == ["1 connection", "4 connections"]
    for run in runs:
        assert run["times"]["response"]["count"] == run["times"]["lag"]["count"] == 100
        sent, pending = run["series"]
        assert (sent["name"], pending["name"]) == ("sent", "pending")
        assert sent["points"][-1][1] == 100 and pending["points"][-1][1] == 0
        assert 1 <= run["figures"]["mostPending"] <= 100


def test_wrong_replies_are_wrong():
    def wrong(connection):
        for number, message in zip(itertools.count(), connection):
            if number % 10:
                connection.send(message if number % 10 > 1 else message[:-1] + b"\0\0")

    with python_server(wrong) as url:
        peaks = perf("peaks", "--url", url, "--connections", 1, "--peaks", 1, "--count", 100, "--patience", "300ms")
    assert peaks.returncode == 1
    assert "WRONG in 1 connection: 20 lost, 10 corrupted" in peaks.stdout


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["ramp", "--url", "ws://127.0.0.1:1/"], "the first because:"),
        (["peaks", "--url", "ws://127.0.0.1:1/"], "could not be opened, the first because:"),
        (["ramp", "--url", "ws://x/", "--every", "1s"], "--every must be at least 2s"),
        (["ramp", "--url", "ws://x/", "--threads", "1,0"], "must be above 0"),
        (["peaks", "--url", "ws://x/", "--size", "3"], "--size must be at least 12"),
    ],
)
def test_says_what_is_wrong(arguments, sentence):
    done = perf(*arguments)
    assert done.returncode not in (0, 1, 3)
    assert sentence in done.stderr
    assert done.stdout == ""
