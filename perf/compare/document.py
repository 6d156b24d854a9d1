# SPDX-License-Identifier: Apache-2.0
"""Writes docs/comparison.md from perf/results/compare-*.json."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "perf" / "results"
WORKLOADS = {
    "echo-20": "20 bytes, 50 connections, 1 in flight on each",
    "echo-20-d16": "20 bytes, 50 connections, 16 in flight on each",
    "echo-1k-d4": "1 KiB, 50 connections, 4 in flight on each",
    "echo-480k": "480,000 bytes, 4 connections, 1 in flight on each",
}
HEAD = """\
<!-- Written by perf/compare/document.py from perf/results/compare-*.json: `make compare`. -->

# Comparison with other servers

`make compare` builds and runs whatever of this is installed (`make -C perf/peers` says what is missing). The servers are small
programs of ours on other projects' public interfaces, in [perf/peers](../perf/peers): each sends text and binary messages back as
they came, without compression, with `TCP_NODELAY`, on one core. Server on CPU 0, `swiftlet-perf compare` on CPU 1, over loopback.

Subjects take turns, so that what else the machine does strikes all alike. A ratio is the median of the rounds' ratios to swiftlet,
with its 95 % confidence interval. Where that holds 1, no difference is shown. Where the client could not keep up with a server, or
others had the processors, rates say little, and the server's CPU time a message decides. Every reply is checked.
"""
TAIL = """
## What this does not say

- Nothing of TLS, compression, memory, broadcasting or many thousand connections: these are echoes over loopback.
- Nothing of more than one core, which each of these servers can use in its own way.
- Nothing of features: the bare loop has none. It checks nothing and trusts every byte, and is here as the floor.
- libwebsockets is the library as Debian builds it, on its own loop; SwiftNIO, like swiftlet, is a release build with all checks on.
"""


def number(value, digits=3):
    """With so many digits that count, and commas."""
    magnitude = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    return f"{value:,.{max(0, digits - magnitude)}f}"


def ratio(entry, quantity):
    value = entry["ratios"].get(quantity)
    if not value:
        return ""
    return f"{number(value['median'])} [{number(value['low'])}, {number(value['high'])}]"


def median(entry, quantity):
    values = sorted(round[quantity] for round in entry["rounds"] if quantity in round)
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def table(result):
    lines = [
        "| server | replies a second | to swiftlet | p50 µs | p99 µs | CPU ns a message | to swiftlet | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    runs = {run["name"]: run for run in result["runs"]}
    for entry in result["comparison"]["subjects"]:
        times = runs[entry["name"]]["times"]["response"]
        cells = [
            entry["name"],
            f"{median(entry, 'rate'):,.0f}",
            ratio(entry, "rate"),
            number(times["p50"] / 1000),
            number(times["p99"] / 1000),
            f"{median(entry, 'serverTime'):,.0f}",
            ratio(entry, "serverTime"),
            entry.get("verdict", ""),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def names(result, verdicts):
    subjects = result["comparison"]["subjects"]
    return [entry["name"] for entry in subjects if entry.get("verdict") in verdicts]


def plainly(result):
    """What a table shows, in words."""
    lost = names(result, ("faster", "less CPU time"))
    tied = names(result, ("no difference shown",))
    sentences = []
    if lost:
        sentences.append(f"swiftlet loses to {' and '.join(lost)}.")
    if tied:
        sentences.append(f"No difference to {' and '.join(tied)} is shown.")
    if unknown := names(result, ("not comparable",)):
        sentences.append(f"{' and '.join(unknown)} could not be compared.")
    if not sentences:
        sentences.append("swiftlet is ahead of all.")
    faulty = [run["name"] for run in result["runs"] if any(run.get("faults", {}).values())]
    if faulty:
        sentences.append(f"Replies of {' and '.join(faulty)} were lost or wrong.")
    return " ".join(sentences + result["comparison"].get("remarks", []))


def main():
    results = {}
    for name in WORKLOADS:
        file = RESULTS / f"compare-{name}.json"
        if file.exists():
            results[name] = json.loads(file.read_text())
    text = HEAD
    latest = list(results.values())[-1]
    machine = latest["machine"]
    rounds = len(latest["comparison"]["subjects"][0]["rounds"])
    text += (
        f"\nMeasured on {latest['started'][:10]}: {machine['processor']}, {machine['processors']} processors, "
        f"{machine['system']}, Linux {machine['kernel']}; {rounds} rounds. Versions:\n\n"
    )
    for entry in latest["comparison"]["subjects"]:
        if version := entry.get("version"):
            text += f"- {entry['name']}: {version}\n"
    for name, result in results.items():
        text += f"\n## {WORKLOADS[name]}\n\n{plainly(result)}\n\n{table(result)}\n"
        text += f"\n![Ratios to swiftlet](../perf/results/compare-{name}.svg)\n"
        text += f"\n[The run](../perf/results/compare-{name}.json)\n"
    (ROOT / "docs" / "comparison.md").write_text(text + TAIL)


if __name__ == "__main__":
    main()
