# SPDX-License-Identifier: Apache-2.0
"""The files beside the result: messages one by one, and histograms as other tools read them."""

import csv
import json
import math

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from reports import perf, result, run, write

SECONDS = ["--duration", "2200ms", "--warm-up", "100ms", "--connections", "4", "--quiet"]


@pytest.fixture
def echo(server, tmp_path):
    def measure(*arguments):
        json_file = tmp_path / "result.json"
        url = f"ws://127.0.0.1:{server.port}/echo"
        done = perf("echo", "--url", url, *SECONDS, "--json", json_file, *arguments)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        [measured] = json.loads(json_file.read_text())["runs"]
        return measured

    return measure


def histograms(path) -> dict[str, list]:
    """A log's histograms, by their tags."""
    found = {}
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000_000, 3))
    while (histogram := reader.get_next_interval_histogram()) is not None:
        found.setdefault(histogram.get_tag(), []).append(histogram)
    return found


def test_hdr_log(echo, tmp_path):
    measured = echo("--rate", "1000", "--hdr-log", tmp_path / "run.hlog")
    found = histograms(tmp_path / "run.hlog")
    assert set(found) == set(measured["times"])
    assert len(found["response"]) == 3, "a line a second, and one for what is left of the third"
    assert [one.get_start_time_stamp() % 1000 for one in found["response"]] != []
    for name, times in measured["times"].items():
        total = sum(one.get_total_count() for one in found[name])
        if name == "response":
            total += sum(one.get_total_count() for one in found.get("late", []))
        assert total == times["count"], name
        longest = max(one.get_max_value() for one in found[name] + (found.get("late", []) if name == "response" else []))
        assert longest == pytest.approx(times["max"], rel=0.001)


def seconds_of(path) -> list[dict]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["time", "send", "recv", "total", "idx"]
        return [{name: float(value) for name, value in row.items()} for row in rows]
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", ["messages.jsonl", "messages.csv"])
@pytest.mark.parametrize("load", [["--rate", "2000"], ["--depth", "16"]], ids=["open", "closed"])
def test_every_message_has_its_line(echo, tmp_path, name, load):
    measured = echo(*load, "--messages", tmp_path / name)
    response = measured["times"]["response"]
    messages = seconds_of(tmp_path / name)
    # All, or it is said how many are not there.
    missing = [int(remark.split()[0]) for remark in measured["remarks"] if "messages are missing" in remark]
    assert len(messages) + sum(missing) == response["count"]
    assert [message["idx"] for message in messages] == list(range(len(messages)))
    for message in messages[:1000]:
        assert set(message) == {"time", "send", "recv", "total", "idx"}
        assert message["total"] == pytest.approx(message["send"] + message["recv"], abs=1e-8)
    if not missing:
        longest = max(message["total"] for message in messages)
        assert longest * 1e9 == pytest.approx(response["max"], rel=0.001)
        mean = math.fsum(message["total"] for message in messages) / len(messages)
        assert mean * 1e9 == pytest.approx(response["mean"], rel=0.001)


def test_a_disk_that_is_full(server):
    url = f"ws://127.0.0.1:{server.port}/echo"
    done = perf("echo", "--url", url, *SECONDS, "--messages", "/dev/full")
    assert done.returncode == 73 and "Cannot write /dev/full: No space left on device." in done.stderr
    nowhere = perf("echo", "--url", url, *SECONDS, "--messages", "/none/messages.csv")
    assert nowhere.returncode == 73 and "Cannot write /none/messages.csv: No such file" in nowhere.stderr


def test_images_write_a_file_a_run(server, tmp_path):
    url = f"ws://127.0.0.1:{server.port}/stats"
    done = perf(
        "images", "--url", url, "--count", "20", "--shape", "60x80", "--mode", "wait", "--quiet",
        "--messages", tmp_path / "images.csv", "--hdr-log", tmp_path / "images.hlog",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = {file.name for file in tmp_path.glob("*.csv")}
    assert names == {f"images-{life}-{order}-wait.csv" for life in ("long", "short") for order in ("serial", "parallel")}
    for name in names:
        assert {message["idx"] for message in seconds_of(tmp_path / name)} == set(range(20))
    assert "long-serial-wait.response" in histograms(tmp_path / "images.hlog")


def test_calibrations_are_drawn(tmp_path):
    points = [
        {"connections": count, "rate": 1000, "mean": 2e4 + 500 * count, "p50": 2e4, "p99": 4e4} for count in (1, 2, 4)
    ]
    calibration = {"points": points, "perConnection": 500, "fixed": 20000}
    file = write(tmp_path / "result.json", result(run(), calibration=calibration))
    done = perf("report", file, "-o", tmp_path / "report.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text()
    for words in ["20.0 µs and 500 ns a connection", "a run without that", "4 connections", "78.5 µs"]:
        assert words in page, words


def test_comparisons_are_drawn(tmp_path):
    entry = {"name": "base", "rounds": [], "ratios": {}}
    ratio = {"median": 1.1, "low": 1.05, "high": 1.2}
    other = entry | {"name": "other", "ratios": {"rate": ratio, "p50": ratio}, "judgedBy": "rate", "verdict": "faster"}
    comparison = {"subjects": [entry, other], "remarks": ["The machine was not idle."]}
    file = write(tmp_path / "result.json", result(run(), scenario="compare", comparison=comparison))
    done = perf("report", file, "-o", tmp_path / "report.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text()
    for words in [
        "other against base: faster, by replies a second.",
        "The machine was not idle.",
        "Replies a second, times that of base",
        "Median response time, times that of base",
        "1.10 [1.05, 1.20]",
    ]:
        assert words in page, words
