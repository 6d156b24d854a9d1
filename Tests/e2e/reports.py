# SPDX-License-Identifier: Apache-2.0
"""Result files as runs could have left them, and the report of them."""

import base64
import copy
import json
import subprocess
from pathlib import Path

from hdrh.histogram import HdrHistogram
from serverprocess import PATIENCE, binary

HOSTILE = '"><script>alert(1)</script>&\x00\x1b\u202e../../etc'


def perf(*arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary().with_name("swiftlet-perf"), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        **options,
    )


def write(path: Path, result: dict) -> Path:
    path.write_text(json.dumps(result))
    return path


def times(values: list[int]) -> dict:
    """A histogram as results hold it, in nanoseconds."""
    histogram = HdrHistogram(1, 3_600_000_000_000, 3)
    for value in values:
        histogram.record_value(value)
    shares = {"p50": 50, "p90": 90, "p99": 99, "p999": 99.9, "p9999": 99.99}
    percentiles = {name: histogram.get_value_at_percentile(share) for name, share in shares.items()}
    return percentiles | {
        "count": len(values),
        "mean": histogram.get_mean_value(),
        "min": min(values),
        "max": max(values),
        "hdr": histogram.encode().decode(),
    }


def scaled(values: list[int], factor: float) -> list[int]:
    return [int(value * factor) for value in values]


# Of a thousand messages one took fifty times as long.
VALUES = [80_000 + 37 * index for index in range(999)] + [5_000_000]


def result(*runs: dict, **changes) -> dict:
    """A result file."""
    whole = {
        "schema": 1,
        "scenario": "echo",
        "command": ["swiftlet-perf", "echo"],
        "started": "2026-01-01T12:00:00Z",
        "seed": "1",
        "machine": {
            "processor": "a processor",
            "processors": 2,
            "memoryBytes": 8_000_000_000,
            "kernel": "6.1",
            "system": "a system",
            "versions": {"swiftlet": "0.1.0"},
        },
        "preflight": ["The governor is powersave."],
        "runs": list(runs),
    }
    return whole | changes


def run(name: str = "a run", factor: float = 1, **changes) -> dict:
    """One run with a bit of everything."""
    values = scaled(VALUES, factor)
    second = {"sent": 500, "received": 500, "p50": values[500], "p99": values[989], "max": values[-1]}
    whole = {
        "name": name,
        "load": {
            "url": "ws://127.0.0.1:9001/echo",
            "connections": 4,
            "threads": 1,
            "depth": 1,
            "rate": 500,
            "arrivals": "poisson",
            "format": "binary",
            "pattern": "echo",
            "size": 20,
        },
        "figures": {"rate": 500.0, "achieved": 1.0, "measuredSeconds": 2.0},
        "remarks": ["It was a test."],
        "verdict": "as scheduled: neither client nor server was the limit",
        "faults": {"lost": 0, "duplicated": 0, "reordered": 0, "corrupted": 0, "closed": 0},
        "threads": [{"busy": 0.25, "starved": 0.02}],
        "times": {
            "connect": times([300_000, 400_000]),
            "response": times(values),
            "service": times(scaled(values, 0.9)),
            "lag": times(scaled(values, 0.1)),
        },
        "seconds": [second, second],
        "series": [
            {"name": name, "unit": unit, "points": [[0, 0], [1, 5], [2, 3]]}
            for name, unit in [("sent", "messages"), ("pending", "messages"), ("memory", "B")]
        ],
        "messages": [
            {"idx": index, "time": index / 500, "send": 1e-5, "recv": value / 1e9, "total": value / 1e9 + 1e-5}
            for index, value in enumerate(values[::10])
        ],
    }
    return whole | copy.deepcopy(changes)


def damaged_histogram() -> str:
    return base64.b64encode(b"no histogram").decode()
