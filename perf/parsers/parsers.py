#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many frames a second the C core takes apart, against other C libraries' parsers.

`make` here builds the program that times them; this runs it on one CPU, takes the medians and says
whether the bars are met. Times are the thread's CPU time, so that what else runs on the machine
counts little.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bench"))
import compare  # noqa: E402  (the machine's record and the interval)

COPY = "memcpy"
# The receiver hands out messages that lie in the input; the connection also those that do not, and
# answers pings and close frames, as wslay_event and libwebsockets do. wslay_frame hands out pieces
# of frames and leaves the rules of messages to its caller.
OURS = ("swl_receiver", "swl_conn")
# How many times as many frames a second the receiver should take.
BARS = {"wslay_event": 8, "wslay_frame": 8, "libwebsockets": 1.5}


def run(rounds, milliseconds):
    cpu = max(os.sched_getaffinity(0))
    done = subprocess.run(
        [str(HERE / ".build" / "parsers"), str(rounds), str(milliseconds)],
        stdout=subprocess.PIPE,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
    )
    return json.loads(done.stdout)


def machine():
    record = compare.machine()
    return {name: value for name, value in record.items() if not name.startswith("user_ns")}


def versions():
    """Of the libraries, as Debian numbers its packages (libwslay's header has another's)."""
    packages = ("libwslay-dev", "libwebsockets-dev")
    return {name: compare.output("dpkg-query", "-W", "-f", "${Version}", name) for name in packages}


def compared(theirs, ours):
    ratios = [their / our for their, our in zip(theirs, ours)]
    return {
        "ratio_of_medians": statistics.median(theirs) / statistics.median(ours),
        "paired_ratio": statistics.median(ratios),
        "paired_interval": compare.median_interval(ratios),
    }


def summarize(times):
    """For each parser nanoseconds a frame and, for others' ones, how many times its frames a second
    ours take."""
    summary = {}
    for name, values in times.items():
        median = statistics.median(values)
        summary[name] = {"ns_per_frame": median, "frames_per_second": 1e9 / median}
        if name not in (*OURS, COPY):
            summary[name]["ours"] = {our: compared(values, times[our]) for our in OURS}
        if name in BARS:
            summary[name]["bar"] = BARS[name]
    return summary


def print_summary(summary):
    print(f"{'':14} {'ns a frame':>10} {'frames/s':>13}" + "".join(f"  {our:>20}" for our in OURS))
    for name, entry in summary.items():
        line = f"{name:14} {entry['ns_per_frame']:10.2f} {entry['frames_per_second']:13,.0f}"
        for ratio in entry.get("ours", {}).values():
            low, high = ratio["paired_interval"]
            line += f"  {ratio['ratio_of_medians']:5.2f} [{low:5.2f}, {high:5.2f}]"
        if "bar" in entry:
            met = entry["ours"][OURS[0]]["ratio_of_medians"] >= entry["bar"]
            line += f"  bar {entry['bar']}: {'met' if met else 'NOT met'}"
        print(line)
    print("The last columns: how many times as many frames a second ours take [95 % of the pairs].")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--milliseconds", type=float, default=20, help="of each parser in a round")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    raw = run(options.rounds, options.milliseconds)
    times = {name: [row[name] for row in raw["rounds"]] for name in raw["rounds"][0]}
    summary = summarize(times)
    print_summary(summary)
    if options.json:
        record = {
            "schema": 1,
            "machine": machine(),
            "payload_bytes": raw["payload_bytes"],
            "frames": raw["frames"],
            "buffer_bytes": raw["buffer_bytes"],
            "rounds": options.rounds,
            "milliseconds": options.milliseconds,
            "versions": versions(),
            "parsers": summary,
            "ns_per_frame": times,
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
