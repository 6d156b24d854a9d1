#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Well-behaved clients among hostile ones: they lose nothing and are not kept waiting.

`swiftlet-perf echo` is the well-behaved part: it compares every reply with what was sent, and counts what
is lost, duplicated or out of order. The same load runs three times on one server: with the clients of `hostile.py`
beside it, to warm it up, by itself, and with them again. Then, on servers of their own, by TLS among those who abuse that, and with
the limit on open files hit.

Fails where a reply was wrong or missing, the server did what it should not to anyone, a reply took longer
than --longest, memory does not return to within a fifth of its level after the warm-up, or the server's own
counts do not add up. The percentiles are for people: on a machine that has other work they say little.
"""

import argparse
import contextlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from certificates import Identity, make_identity  # noqa: E402
from rawsocket import TEXT, RawSocket, frame  # noqa: E402
from serverprocess import PATIENCE, ROOT, ServerProcess, eventually  # noqa: E402
from steady import Steady  # noqa: E402

PERF = ROOT / ".build" / "release" / "swiftlet-perf"
HOSTILE = Path(__file__).with_name("hostile.py")
METRIC = re.compile(r"^swiftlet_(\S+) (\S+)$", re.MULTILINE)


def metrics(server: ServerProcess) -> dict[str, float]:
    with RawSocket(server.port) as connection:
        text = connection.get("/metrics").body.decode()
    return {name: float(value) for name, value in METRIC.findall(text)}


class Load:
    """`swiftlet-perf echo` while it runs."""

    def __init__(self, server: ServerProcess, options: argparse.Namespace, **changed):
        settings = vars(options) | changed
        self.result = tempfile.NamedTemporaryFile(suffix=".json")
        self.process = subprocess.Popen(
            [
                *(PERF, "echo", "--quiet", "--url", f"{server.url}/echo"),
                *("--connections", str(settings["connections"]), "--rate", str(settings["rate"])),
                *("--size", "512", "--duration", f"{settings['seconds']}s"),
                *("--patience", f"{settings['longest']}s", "--seed", str(settings["seed"])),
                *("--expect", "loss=0", "--expect", "faults=0"),
                *("--expect", f"max<{settings['longest']}s", "--json", self.result.name),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, title: str) -> None:
        output, _ = self.process.communicate(timeout=10 * PATIENCE)
        assert self.process.returncode == 0, f"{title}: the load ended otherwise:\n{output}"
        times = json.load(self.result)["runs"][0]["times"]
        for name in ("response", "service"):
            figures = "  ".join(
                f"{at} {times[name][at] / 1e6:8.2f}" for at in ("p50", "p99", "p999", "max")
            )
            print(f"  {title:<8} {name:<9} ms  {figures}  ({times[name]['count']} replies)")


@contextlib.contextmanager
def hostile(server: ServerProcess, options: argparse.Namespace, deeds: str = "plain"):
    """The hostile clients while the body runs."""
    numbers = [str(number) for number in (server.port, options.hostile, options.seed)]
    process = subprocess.Popen(
        [sys.executable, HOSTILE, *numbers, deeds],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield
        output, _ = process.communicate(timeout=5 * PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, "the hostile clients broke"
    result = json.loads(output)
    print("  hostile clients:", *(f"{name} {count}" for name, count in result["counts"].items()))
    assert not result["broken"], "\n".join(["to hostile clients the server", *result["broken"]])


def assert_settled(server: ServerProcess) -> None:
    """Nobody is left, and all ends are accounted for."""

    def is_empty() -> bool:
        found = metrics(server)
        return found["connections"] == 1 and found["websockets"] == 0  # the one that asks

    assert eventually(is_empty), f"connections are left over: {metrics(server)}"
    found = metrics(server)
    closes = sum(value for name, value in found.items() if name.startswith("websocket_closes_total"))
    assert closes == found["handshakes_total"], f"{closes} ends of {found['handshakes_total']}"
    assert found["queued_bytes"] == found["connections_paused"] == 0, found
    reasons = sum(value for name, value in found.items() if name.startswith("handshake_failures"))
    assert reasons == found["requests_refused_total"], (
        f"{reasons} reasons for {found['requests_refused_total']} refusals"
    )


def settled_rss(server: ServerProcess) -> int:
    """The least of some seconds: memory goes back to the kernel a few seconds after it is free."""
    least = server.rss()
    for _ in range(8):
        time.sleep(1)
        least = min(least, server.rss())
    return least


def among_hostile_clients(options: argparse.Namespace) -> None:
    server = ServerProcess("--port", "0", "--handshake-timeout", "2s", "--log-level", "error")
    try:
        # With all that comes later: what memory grows to is the load's, what it grows by again would be a leak.
        with hostile(server, options):
            Load(server, options).end("warm-up")
        assert_settled(server)
        before = settled_rss(server)
        Load(server, options).end("alone")
        with hostile(server, options):
            Load(server, options).end("in chaos")
        assert_settled(server)
        after = settled_rss(server)
        print(f"  memory: {before / 1e6:.1f} MB after the warm-up, {after / 1e6:.1f} MB after chaos")
        assert options.skip_memory or after <= before * 1.2, "memory did not return to its level"
        check_errors(server)
    finally:
        server.stop()


def by_tls(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        identity = make_identity(Path(folder))
        flags = ["--handshake-timeout", "2s", "--log-level", "error", *identity.flags]
        server = ServerProcess("--port", "0", *flags)
        try:
            echo_by_tls("alone", server, identity, options)
            with hostile(server, options, "tls"):
                echo_by_tls("in chaos", server, identity, options)
            check_errors(server)
        finally:
            server.stop()


def echo_by_tls(
    title: str, server: ServerProcess, identity: Identity, options: argparse.Namespace
) -> None:
    clients = min(options.connections, 100)
    with Steady(server.port, identity.trusting(), clients, options.seed) as steady:
        time.sleep(options.seconds)
    times = sorted(steady.times)
    p50, p99 = (times[len(times) * share // 100] * 1e3 for share in (50, 99))
    print(
        f"  {title:<8} by TLS    ms  p50 {p50:8.2f}  p99 {p99:8.2f}  max {times[-1] * 1e3:8.2f}"
        f"  ({len(times)} replies)"
    )
    assert times[-1] < options.longest, "a reply took too long"


def without_descriptors(options: argparse.Namespace) -> None:
    """Twice as many clients as descriptors: those that are in do not notice, the others wait."""
    inside = min(options.connections // 2, 100)
    server = ServerProcess("--port", "0", "--log-level", "error", descriptors=2 * inside)
    try:
        with contextlib.ExitStack() as crowd:
            load = Load(server, options, connections=inside)
            assert eventually(lambda: metrics(server)["websockets"] == inside)
            waiting = [crowd.enter_context(RawSocket(server.port)) for _ in range(2 * inside)]
            for one in waiting:
                one.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            # With descriptors all taken, what it counts cannot be asked for: those who left tell.
            load.end("crowded")
            for one in waiting:
                with contextlib.suppress(EOFError, ConnectionError):
                    one.receive_response()
                one.close()
        assert_settled(server)
        assert metrics(server)["accept_pauses_total"] > 0, "the limit was never hit"
        check_errors(server)
        with RawSocket(server.port) as later:
            later.upgrade()
            later.send(frame(TEXT, b"as if nothing had been"))
            later.expect_message(TEXT, b"as if nothing had been")
    finally:
        server.stop()


def check_errors(server: ServerProcess) -> None:
    errors = server.stderr()
    assert not errors, f"the server complains:\n{errors[:10_000]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--connections", type=int, default=2000, help="well-behaved ones")
    parser.add_argument("--rate", type=int, default=4000, help="their messages a second in all")
    parser.add_argument("--hostile", type=int, default=200, help="hostile clients at a time")
    parser.add_argument("--seconds", type=int, default=20, help="of each of the three runs")
    parser.add_argument("--longest", type=int, default=10, help="seconds a reply may ever take")
    parser.add_argument("--skip-memory", action="store_true", help="sanitizers keep what is freed")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"chaos: {options.connections} connections, {options.hostile} hostile, seed {options.seed}")
    among_hostile_clients(options)
    print("chaos: by TLS")
    by_tls(options)
    print("chaos: no descriptors left")
    without_descriptors(options)


if __name__ == "__main__":
    main()
