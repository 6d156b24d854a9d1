#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand clients that send their requests a byte now and then: others do not notice.

Each of the slow clients sends a byte a second of a head that never ends, until the server cuts it. While all are open,
new clients ask for `/healthz` and open WebSockets, each on a connection of its own. What must hold is that all are
served, and that in the end each slow one is cut with 408. How long `/healthz` took is printed; --below makes a limit
of it.
"""

import argparse
import contextlib
import resource
import select
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from chaos import settled_rss  # noqa: E402
from rawsocket import PATIENCE, TEXT, RawSocket, frame, upgrade_request  # noqa: E402
from serverprocess import ServerProcess, eventually  # noqa: E402

START = upgrade_request()[:-2] + b"X-Slow: "
ROUND = 100  # clients served in one look at the slow ones


class SlowClients:
    def __init__(self, port: int, count: int):
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.late = 0
        for number in range(count):
            one = socket.socket()
            one.bind((f"127.0.{number % 250 + 1}.1", 0))
            one.connect(("127.0.0.1", port))
            one.send(START)
            one.setblocking(False)
            self.sockets[one.fileno()] = one
            self.poll.register(one, select.EPOLLIN)

    def dribble(self) -> None:
        """A byte from each that has not been cut."""
        for one in self.sockets.values():
            with contextlib.suppress(OSError):
                one.send(b"x")

    def take_answers(self) -> None:
        for descriptor, _ in self.poll.poll(0, 1024):
            one = self.sockets.pop(descriptor)
            with contextlib.suppress(OSError):
                self.late += one.recv(4096).startswith(b"HTTP/1.1 408 ")
            one.close()


def served(port: int) -> float:
    """Seconds until a new client has its answer from `/healthz`, connecting included."""
    began = time.perf_counter()
    with RawSocket(port, source="127.0.0.2") as http:
        assert http.get("/healthz").status == 200
    took = time.perf_counter() - began
    with RawSocket(port, source="127.0.0.2") as client:
        client.upgrade()
        client.send(frame(TEXT, b"nothing wrong?"))
        client.expect_message(TEXT, b"nothing wrong?")
    return took


def open_connections(server: ServerProcess) -> int:
    with RawSocket(server.port, source="127.0.0.2") as http:
        text = http.get("/metrics").body.decode()
    return int(text.split("\nswiftlet_connections ")[1].split("\n")[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=5, help="of asking while all are open")
    parser.add_argument("--deadline", type=int, default=30, help="seconds until they are cut")
    parser.add_argument("--below", type=float, help="the most milliseconds /healthz may take")
    options = parser.parse_args()
    limit = options.sockets + 1000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, hard), hard))  # the server inherits it

    server = ServerProcess("--port", "0", "--handshake-timeout", f"{options.deadline}s", "--log-level", "error")
    try:
        slow = SlowClients(server.port, options.sockets)
        times = []
        began = time.monotonic()
        while time.monotonic() - began < options.seconds or len(times) < ROUND:
            slow.dribble()
            times += [served(server.port) for _ in range(ROUND)]
        assert open_connections(server) > options.sockets, "some slow ones were cut too early"
        times.sort()
        print(
            f"{options.sockets} slow sockets open: /healthz answered {len(times)} new clients, "
            f"p50 {times[len(times) // 2] * 1e3:.2f} ms, "
            f"p99 {times[len(times) * 99 // 100] * 1e3:.2f} ms, max {times[-1] * 1e3:.2f} ms; "
            f"server {server.rss() / 1e6:.0f} MB"
        )
        if options.below:
            assert times[-1] * 1e3 < options.below, f"more than {options.below} ms"

        deadline = time.monotonic() + 2 * PATIENCE
        while slow.sockets and time.monotonic() < deadline:
            slow.dribble()
            slow.take_answers()
            time.sleep(0.1)
        assert not slow.sockets, f"{len(slow.sockets)} slow ones were never cut"
        assert slow.late == options.sockets, f"{slow.late} of them were told with 408"
        assert eventually(lambda: open_connections(server) == 1), "their connections are left over"
        print(f"each was cut with 408; server {settled_rss(server) / 1e6:.0f} MB")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
