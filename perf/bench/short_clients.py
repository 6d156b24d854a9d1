#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a short connection costs the client: `swiftlet-perf short`, all checks on, against the bare C client.

Runs interleaved (A B B A ...) against the bare server, which has CPU 0, clients CPU 1, in a network namespace
of their own: run it as root, after `make` and `swift build -c release`. CPU time is what each says it used within the
measured time, divided by the connections of that time.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PERF = HERE.parents[1] / ".build" / "release" / "swiftlet-perf"


# Both return microseconds of CPU time a connection.


def bare(port, seconds, connections):
    command = [HERE / ".build" / "load", "--port", str(port), "--short", "--connections", str(connections),
               "--size", "20", "--seconds", str(seconds), "--warmup", "0.5"]  # fmt: skip
    run = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return run["client_busy"] / run["rate"] * 1e6


def swiftlet(port, seconds, connections):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(
            [PERF, "short", "--url", f"ws://127.0.0.1:{port}/echo", "--connections", str(connections),
             "--duration", f"{seconds}s", "--warm-up", "500ms", "--json", file.name],
            check=True, capture_output=True,
        )  # fmt: skip
        [run] = json.load(file)["runs"]
        return run["figures"]["clientMicrosecondsPerConnection"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=50)
    options = parser.parse_args()
    if "SHORT_CLIENTS_NAMESPACE" not in os.environ:
        os.environ["SHORT_CLIENTS_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = subprocess.Popen([HERE / ".build" / "bare_epoll", "0", "echo"], stdout=subprocess.PIPE, text=True)
    try:
        os.sched_setaffinity(server.pid, {0})
        os.sched_setaffinity(0, {1})
        port = int(server.stdout.readline().split()[-1])
        costs = {bare: [], swiftlet: []}
        for number in range(options.rounds):
            for client in (bare, swiftlet) if number % 2 == 0 else (swiftlet, bare):
                costs[client].append(client(port, options.seconds, options.connections))
    finally:
        server.kill()
        server.wait()
    for client, values in costs.items():
        print(f"{client.__name__:9} {statistics.median(values):6.2f} µs a connection ({min(values):.2f}-{max(values):.2f})")
    ratios = [ours / floor for ours, floor in zip(costs[swiftlet], costs[bare], strict=True)]
    print(f"ratio     {statistics.median(ratios):6.3f} ({min(ratios):.3f}-{max(ratios):.3f})")


if __name__ == "__main__":
    main()
