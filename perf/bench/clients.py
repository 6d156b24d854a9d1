#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What measuring costs: swiftlet-perf with all checks on, against clients in C that check and time nothing.

Runs take turns (A B B A ...) against the bare server, which has CPU 0, clients CPU 1, in a network namespace of their
own: run it as root, after `make` here and a release build of swiftlet-perf. A ratio is the bare client's CPU time for
a message, or a short connection, over ours: how many of its messages ours gets from a second of CPU time.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from compare import machine, median_interval

HERE = pathlib.Path(__file__).resolve().parent
PERF = HERE.parents[1] / ".build" / "release" / "swiftlet-perf"

# Connections, in flight, bytes.
ECHO = {
    "echo 20 B, 1 in flight": (50, 1, 20),
    "echo 20 B, 16 in flight": (50, 16, 20),
    "echo 480,000 B": (4, 1, 480_000),
}
SHORT = "connect, upgrade, echo 20 B, close"


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True).stdout


def measured(*arguments):
    with tempfile.NamedTemporaryFile() as file:
        output(PERF, *arguments, "--json", file.name, "--quiet")
        [run] = json.load(file)["runs"]
        return run


# All return nanoseconds of CPU time a message, or a connection.


def bare_echo(port, seconds, connections, depth, size):
    command = [HERE / ".build" / "bare_client", port, "/echo", connections, depth, size, seconds]
    return json.loads(output(*command))["cpu_ns"]


def our_echo(port, seconds, connections, depth, size):
    run = measured(
        "echo", "--url", f"ws://127.0.0.1:{port}/echo", "--connections", connections, "--depth", depth,
        "--size", size, "--duration", f"{seconds}s", "--warm-up", "500ms",
    )  # fmt: skip
    return run["threads"][0]["busy"] * 1e9 / run["figures"]["rate"]


def bare_short(port, seconds):
    run = json.loads(
        output(HERE / ".build" / "load", "--port", port, "--short", "--connections", 50, "--size", 20,
               "--seconds", seconds, "--warmup", 0.5)  # fmt: skip
    )
    return run["client_busy"] / run["rate"] * 1e9


def our_short(port, seconds):
    run = measured(
        "short", "--url", f"ws://127.0.0.1:{port}/echo", "--connections", 50, "--duration", f"{seconds}s",
        "--warm-up", "500ms",
    )  # fmt: skip
    return run["figures"]["clientMicrosecondsPerConnection"] * 1e3


def pairs(rounds, bare, ours):
    """The costs of both, by rounds."""
    costs = {"bare": [], "swiftlet-perf": []}
    for number in range(rounds):
        turn = [("bare", bare), ("swiftlet-perf", ours)]
        for name, client in turn if number % 2 == 0 else reversed(turn):
            costs[name].append(client())
    ratios = [floor / own for floor, own in zip(*costs.values(), strict=True)]
    low, high = median_interval(ratios)
    result = {
        "nanoseconds": {name: statistics.median(values) for name, values in costs.items()},
        "ratio": statistics.median(ratios),
        "interval": [low, high],
        "rounds": costs,
    }
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    if "CLIENTS_NAMESPACE" not in os.environ:
        os.environ["CLIENTS_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    record = {"machine": machine(), "workloads": {}}
    server = subprocess.Popen([HERE / ".build" / "bare_epoll", "0", "echo"], stdout=subprocess.PIPE, text=True)
    try:
        os.sched_setaffinity(server.pid, {0})
        os.sched_setaffinity(0, {1})
        port = int(server.stdout.readline().split()[-1])
        for name, load in [*ECHO.items(), (SHORT, ())]:
            bare, ours = (bare_echo, our_echo) if load else (bare_short, our_short)
            result = pairs(
                options.rounds,
                lambda bare=bare, load=load: bare(port, options.seconds, *load),
                lambda ours=ours, load=load: ours(port, options.seconds, *load),
            )
            record["workloads"][name] = result
            floor, own = result["nanoseconds"].values()
            low, high = result["interval"]
            print(f"{name:36} {floor:9.0f} {own:9.0f} ns  {result['ratio']:.3f} [{low:.3f}, {high:.3f}]", flush=True)
    finally:
        server.kill()
        server.wait()
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
