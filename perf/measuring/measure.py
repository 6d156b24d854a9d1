# SPDX-License-Identifier: Apache-2.0
"""The runs that docs/measuring.md speaks of: scenarios of swiftlet-perf on this machine, the server on one CPU and the
client on another. Writes perf/results/measuring/NAME.json and .txt.

  python3 perf/measuring/measure.py [NAME...]
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# From there, so that no result names this machine's folders.
BIN = pathlib.Path(".build") / "release"
RESULTS = pathlib.Path("perf") / "results" / "measuring"
SERVER_CPU, CLIENT_CPU = "0", "1"


class Server:
    """swiftlet on a CPU of its own."""

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        command = [BIN / "swiftlet", "serve", "--port", "0", "--tcp-echo-port", "0", "--loops", "1"]
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CPU, *command], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        ready = self.process.stdout.readline()
        self.port = re.search(r":(\d+)$", ready.strip())[1]
        self.log.seek(0)
        self.tcp_port = re.search(r"tcp://[0-9.]+:(\d+)", self.log.read().decode())[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(15)

    @contextlib.contextmanager
    def stalling(self):
        """Stopped for 200 ms in each second, as by a garbage collector or a busy disk."""
        over = threading.Event()

        def stall():
            while not over.wait(0.8):
                self.process.send_signal(signal.SIGSTOP)
                time.sleep(0.2)
                self.process.send_signal(signal.SIGCONT)

        thread = threading.Thread(target=stall)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def perf(name, scenario, *arguments):
    command = [BIN / "swiftlet-perf", scenario, *arguments, "--json", RESULTS / f"{name}.json"]
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CPU, *map(str, command)], capture_output=True, text=True, timeout=300
    )
    print(f"--- {name}\n{done.stdout}{done.stderr if done.returncode else ''}", flush=True)
    if done.returncode:
        raise SystemExit(f"{name} failed with status {done.returncode}")
    (RESULTS / f"{name}.txt").write_text(done.stdout)


STALL = ["--connections", "10", "--duration", "10s", "--seed", "1"]


def stall_closed(server):
    with server.stalling():
        perf("stall-closed", "echo", "--url", f"ws://127.0.0.1:{server.port}/echo", *STALL)


def stall_open(server):
    with server.stalling():
        perf("stall-open", "echo", "--url", f"ws://127.0.0.1:{server.port}/echo", *STALL,
             "--rate", "5000")  # fmt: skip


def calibrated(server):
    perf("calibrated", "echo", "--url", f"ws://127.0.0.1:{server.port}/echo", "--connections", "200",
         "--duration", "3s", "--calibrate", "--seed", "1")  # fmt: skip


def scheduled(server):
    perf("scheduled", "echo", "--url", f"ws://127.0.0.1:{server.port}/echo", "--rate", "20000",
         "--depth", "16", "--duration", "10s", "--seed", "1")  # fmt: skip


def transports(server):
    perf("transports", "transports", "--ws", f"ws://127.0.0.1:{server.port}/echo",
         "--http", f"http://127.0.0.1:{server.port}/echo", "--tcp", f"tcp://127.0.0.1:{server.tcp_port}",
         "--push", f"ws://127.0.0.1:{server.port}/push", "--poll", f"http://127.0.0.1:{server.port}/poll",
         "--rounds", "10", "--size", "64", "--seed", "1")  # fmt: skip


def topic(server):
    perf("topic", "fanout", "--url", f"ws://127.0.0.1:{server.port}/topics/all", "--connections", "1000",
         "--duration", "5s", "--seed", "1")  # fmt: skip


def capacity(server):
    perf("capacity", "capacity", "--url", f"ws://127.0.0.1:{server.port}/echo", "--rate", "20000",
         "--depth", "16", "--duration", "2s", "--expect", "p99<1ms", "--seed", "1")  # fmt: skip


def peaks(server):
    perf("peaks", "peaks", "--url", f"ws://127.0.0.1:{server.port}/echo", "--seed", "1")


def ramp(server):
    perf("ramp", "ramp", "--url", f"ws://127.0.0.1:{server.port}/echo", "--step", "1000", "--every", "3s",
         "--up-to", "5000", "--threads", "1,2", "--seed", "1")  # fmt: skip


SCENARIOS = [stall_closed, stall_open, calibrated, scheduled, transports, topic, capacity, peaks, ramp]


def main():
    wanted = sys.argv[1:]
    os.chdir(ROOT)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for scenario in SCENARIOS:
        if not wanted or scenario.__name__ in wanted:
            with Server() as server:
                scenario(server)


if __name__ == "__main__":
    main()
