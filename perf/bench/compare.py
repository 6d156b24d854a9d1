#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares servers in interleaved runs (A B, B A, ...), each run on a fresh process.

  compare.py --subject 'floor=.build/bare_epoll 0 {mode}' \\
             --subject 'swiftlet=../../.build/release/swiftlet serve --port 0 --loops 1'

The first subject is what the others are divided by. The server has CPU 0, the client CPU 1.
`make` builds the floor and the client. The short-connections workload needs root: server and
client run in a network namespace of their own.

User-space time per message comes from sampling the server's CPU clock by perf
(cpu-clock:u, no hardware counter needed) in runs of their own, so that sampling does not touch
the rates; the tick-based split of /proc/PID/stat over all rounds stands beside it.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys

import servers

DISTURBED = 0.05  # CPUs that other processes may take during a run
LARGE = 480_000
STATS = "/stats?shape=600x800&format=u8&mode=wait&reply=text"
WORKLOADS = {
    "echo-20": ["--connections", "50", "--depth", "1", "--size", "20"],
    "echo-20-d16": ["--connections", "50", "--depth", "16", "--size", "20"],
    "echo-1k-d4": ["--connections", "50", "--depth", "4", "--size", "1024"],
    "echo-480k": ["--connections", "4", "--depth", "1", "--size", str(LARGE)],
    "stats-480k": ["--connections", "4", "--depth", "1", "--size", str(LARGE)],
    "short": ["--short", "--connections", "50", "--size", "20"],
}


def client_arguments(workload, subject, seconds, warmup):
    arguments = WORKLOADS[workload] + ["--seconds", str(seconds), "--warmup", str(warmup)]
    if workload != "stats-480k":
        return arguments
    expect = ["--expect-size", "8"] if subject.bare else ["--expect-text-prefix", f"Received: {LARGE}, ("]
    return arguments + ["--path", STATS] + expect


def start(workload, subject):
    mode = "consume" if workload == "stats-480k" else "echo"
    return subject.start(mode, own_namespace=workload == "short")


def median_interval(values, resamples=10_000):
    """Bootstrap 95 % interval of the median (percentile method), with a fixed seed."""
    generator = random.Random(1)
    medians = sorted(
        statistics.median(generator.choices(values, k=len(values))) for _ in range(resamples)
    )
    return medians[int(0.025 * resamples)], medians[int(0.975 * resamples)]


def cpu_per_message(run):
    return run["server_cpu_s"] / run["messages_total"]


def summarize(runs, user_samples):
    messages = sum(run["messages_total"] for run in runs)
    total = sum(run["server_cpu_s"] for run in runs)
    summary = {
        name: statistics.median(run[name] for run in runs)
        for name in ("rate", "p50_us", "p99_us", "client_busy")
    }
    # The client's start and end are in elapsed, so this is a little under the true share.
    summary["server_busy"] = total / sum(run["elapsed_s"] for run in runs)
    summary["cpu_ns"] = total / messages * 1e9
    summary["user_ns_ticks"] = sum(run["server_user_s"] for run in runs) / messages * 1e9
    summary["system_ns_ticks"] = sum(run["server_system_s"] for run in runs) / messages * 1e9
    sampled = [value for value in user_samples if value is not None]
    summary["user_ns_sampled"] = statistics.median(sampled) if sampled else None
    return summary


def one_round(workload, subjects, options, number, measure):
    """Each subject once, the order turned round every other time; results by name."""
    results = {}
    for subject in subjects if number % 2 == 0 else reversed(subjects):
        arguments = client_arguments(workload, subject, options.seconds, options.warmup)
        with servers.machine_to_ourselves(), start(workload, subject) as server:
            results[subject.name] = measure(server, arguments)
    return results


def run_workload(workload, subjects, options):
    """A round in which something else ran on the machine is repeated, whatever it gave; when twice
    the rounds were not enough, the disturbed ones count too."""
    quiet, disturbed = [], []
    while len(quiet) < options.rounds and len(quiet) + len(disturbed) < 2 * options.rounds:
        number = len(quiet) + len(disturbed)
        results = one_round(workload, subjects, options, number, servers.measure)
        others = max(run["others_busy"] for run in results.values())
        (quiet if others < DISTURBED else disturbed).append(results)
    rounds = (quiet + disturbed)[: options.rounds]
    sampled = [
        one_round(workload, subjects, options, number, servers.sample_user_ns)
        for number in range(options.sample_rounds)
    ]
    runs = {subject.name: [results[subject.name] for results in rounds] for subject in subjects}
    samples = {subject.name: [row[subject.name] for row in sampled] for subject in subjects}
    base = subjects[0].name
    result = {
        "client": WORKLOADS[workload],
        "rounds_repeated": len(disturbed),
        "rounds_disturbed": options.rounds - len(quiet),
        "subjects": {},
    }
    for subject in subjects:
        name = subject.name
        entry = summarize(runs[name], samples[name]) | {"runs": runs[name]}
        entry["user_ns_samples"] = samples[name]
        if name != base:
            ratios = [ours["rate"] / theirs["rate"] for ours, theirs in zip(runs[name], runs[base])]
            cpu_ratios = [
                cpu_per_message(ours) / cpu_per_message(theirs)
                for ours, theirs in zip(runs[name], runs[base])
            ]
            entry["paired_cpu_ratio"] = statistics.median(cpu_ratios)
            entry["paired_cpu_interval"] = median_interval(cpu_ratios)
            entry["ratio_of_medians"] = entry["rate"] / result["subjects"][base]["rate"]
            entry["paired_ratio"] = statistics.median(ratios)
            entry["paired_interval"] = median_interval(ratios)
        result["subjects"][name] = entry
    return result


def ratio_columns(entry):
    if "paired_ratio" not in entry:
        return ""
    low, high = entry["paired_interval"]
    cpu_low, cpu_high = entry["paired_cpu_interval"]
    verdict = "no difference shown" if low <= 1 <= high else ""
    return (
        f"{entry['ratio_of_medians']:7.3f} {entry['paired_ratio']:7.3f} "
        f"[{low:.3f}, {high:.3f}] cpu {entry['paired_cpu_ratio']:.3f} "
        f"[{cpu_low:.3f}, {cpu_high:.3f}] {verdict}"
    )


def client_limited(result):
    """Whether a server had time to spare while the client had none: then the rates understate the
    difference, and CPU time per message is what to judge by."""
    return any(
        entry["client_busy"] > 0.95 and entry["server_busy"] < 0.9
        for entry in result["subjects"].values()
    )


def print_workload(workload, result):
    print(
        f"\n{workload}: {' '.join(result['client'])} (rounds repeated because the machine was not "
        f"quiet: {result['rounds_repeated']}, disturbed all the same: {result['rounds_disturbed']})\n"
        f"{'':12} {'rate/s':>10} {'p50 µs':>8} {'p99 µs':>8} {'busy s/c':>10} {'cpu ns':>8} "
        f"{'user ns':>8} {'(ticks)':>8}   ratio  paired [95 %], of CPU time per message"
    )
    for name, entry in result["subjects"].items():
        sampled = entry["user_ns_sampled"]
        print(
            f"{name:12} {entry['rate']:10.0f} {entry['p50_us']:8.1f} {entry['p99_us']:8.1f} "
            f"{entry['server_busy']:5.2f}/{entry['client_busy']:4.2f} {entry['cpu_ns']:8.0f} "
            f"{'-' if sampled is None else format(sampled, '8.1f'):>8} "
            f"{entry['user_ns_ticks']:8.1f} {ratio_columns(entry)}",
            flush=True,
        )
    if client_limited(result):
        print("client saturated: compare the CPU time per message, not the rates", flush=True)


def run_idle(subjects, options):
    result = {}
    print(f"\nidle: private dirty bytes per connection, {options.idle} connections")
    for subject in subjects:
        with subject.start() as server:
            result[subject.name] = servers.idle_bytes(server, options.idle)
        print(f"{subject.name:12} {result[subject.name]:10.0f}", flush=True)
    return {"connections": options.idle, "bytes": result}


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=servers.HERE)
    return done.stdout.strip()


def machine():
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    changed = " with local changes" if output("git", "status", "--porcelain") else ""
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": output("git", "rev-parse", "HEAD") + changed,
        "load_average": os.getloadavg(),
        "user_ns_sampled": f"perf cpu-clock:u, one sample every {servers.SAMPLE_NS} ns",
        "user_ns_ticks": "utime of /proc/PID/stat over all rounds",
    }


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subject", action="append", required=True, metavar="NAME=COMMAND")
    parser.add_argument("--workloads", default=",".join([*WORKLOADS, "idle"]))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sample-rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--warmup", type=float, default=0.3)
    parser.add_argument("--idle", type=int, default=15_000, metavar="CONNECTIONS")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    options.workloads = options.workloads.split(",")
    unknown = set(options.workloads) - {*WORKLOADS, "idle"}
    if unknown:
        parser.error(f"unknown workload {', '.join(unknown)}; known: {', '.join(WORKLOADS)}, idle")
    if options.rounds < 1:
        parser.error("--rounds takes at least 1")
    return options


def main():
    options = parse()
    subjects = [servers.Subject(text) for text in options.subject]
    if not servers.LOAD.exists():
        raise SystemExit(f"{servers.LOAD} is missing: run make in {servers.HERE}")
    record = {
        "schema": 1,
        "machine": machine(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "commands": {subject.name: subject.command for subject in subjects},
        "workloads": {},
    }
    for workload in options.workloads:
        if workload == "idle":
            record["idle"] = run_idle(subjects, options)
        else:
            record["workloads"][workload] = run_workload(workload, subjects, options)
            print_workload(workload, record["workloads"][workload])
        if options.json:
            options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
