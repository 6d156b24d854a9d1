#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Allocations of a server per message, counted in the server itself by a preloaded library.

  alloc_count.py 'NAME=COMMAND'          as --subject of compare.py

After a run that warms the server up, a short and a long run with the same connections follow. What
a connection costs is in both, so the difference is what the additional messages cost.
"""

import argparse
import pathlib
import struct
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import compare
import servers

WORKLOADS = [name for name in compare.WORKLOADS if name != "short"]
WARM, SHORT, LONG = 0.5, 0.3, 2.0


def count(subject, workload):
    mode = "consume" if workload == "stats-480k" else "echo"
    with tempfile.NamedTemporaryFile() as file:
        library = str(servers.HERE / ".build" / "alloc_count.so")
        environment = {"LD_PRELOAD": library, "ALLOC_COUNT_FILE": file.name}
        with subject.start(mode, environment=environment) as server:

            def run(seconds):
                arguments = compare.client_arguments(workload, subject, seconds, 0)
                before = counters()
                messages = servers.run_client(server.client_command(arguments))["messages_total"]
                return [messages] + [new - old for new, old in zip(counters(), before)]

            def counters():
                data = pathlib.Path(file.name).read_bytes()
                if len(data) != 16 or not any(data):
                    raise SystemExit(f"{subject.name} did not load {library}")
                return struct.unpack("=QQ", data)

            run(WARM)
            short, long = run(SHORT), run(LONG)
    return [more - less for more, less in zip(long, short)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subject", metavar="NAME=COMMAND")
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    options = parser.parse_args()
    subject = servers.Subject(options.subject)
    for workload in options.workloads.split(","):
        if workload not in WORKLOADS:
            parser.error(f"unknown workload {workload}; known: {', '.join(WORKLOADS)}")
        messages, allocations, frees = count(subject, workload)
        print(
            f"{workload:12} {messages:9} messages {allocations:9} allocations {frees:9} frees "
            f"{allocations / messages:10.6f} allocations per message",
            flush=True,
        )


if __name__ == "__main__":
    main()
