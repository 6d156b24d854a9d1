# SPDX-License-Identifier: Apache-2.0
"""What would make figures lie, and that it is noticed."""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from instrument import python_server
from reports import perf
from serverprocess import PATIENCE, binary


@contextlib.contextmanager
def busy_neighbours(count, cpu):
    """Processes that want all of a CPU."""
    neighbours = [
        subprocess.Popen(["taskset", "-c", str(cpu), sys.executable, "-c", "while True: pass"])
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for neighbour in neighbours:
            neighbour.kill()
        for neighbour in neighbours:
            neighbour.wait(PATIENCE)


@pytest.mark.parametrize("rate", [[], ["--rate", "2000"]], ids=["closed", "open"])
def test_a_slowed_client_is_called_saturated(server, rate):
    cpu = min(os.sched_getaffinity(0))
    with busy_neighbours(12, cpu):
        done = subprocess.run(
            ["taskset", "-c", str(cpu), binary().with_name("swiftlet-perf"), "echo",
             "--url", f"ws://127.0.0.1:{server.port}/echo", "--duration", "1s", *rate],
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "client saturated" in done.stdout


def test_warm_up_lasts_until_the_rate_is_steady(tmp_path):
    ramp = 2.0
    begun, due = None, 0.0

    async def ever_faster(connection):
        nonlocal begun, due
        async for message in connection:
            now = time.monotonic()
            begun = begun or now
            age = now - begun
            if age < ramp:
                # Twice as fast every half second.
                due = max(due, now) + 1 / (200 * 4**age)
                await asyncio.sleep(due - now)
            await connection.send(message)

    file = tmp_path / "result.json"
    with python_server(ever_faster) as port:
        done = perf(
            "echo", "--url", f"ws://127.0.0.1:{port}/", "--connections", "20", "--duration", "300ms",
            "--warm-up", "10s", "--json", str(file),
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = json.loads(file.read_text())["runs"]
    assert run["figures"]["warmUpSeconds"] >= 0.75 * ramp


def test_an_endless_ramp_is_told(tmp_path):
    begun = None

    async def ever_slower(connection):
        nonlocal begun
        async for message in connection:
            begun = begun or time.monotonic()
            # Half as fast every half second, and never too fast for this server.
            await asyncio.sleep(0.02 * 4 ** (time.monotonic() - begun))
            await connection.send(message)

    with python_server(ever_slower) as port:
        done = perf(
            "echo", "--url", f"ws://127.0.0.1:{port}/", "--connections", "10", "--duration", "300ms",
            "--warm-up", "1500ms",
        )  # fmt: skip
    assert "NOT steady" in done.stdout


def test_the_accept_key_is_checked():
    """A server that does not know the protocol, but says yes to everything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def agree():
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
                )
                connection.recv(4096)

        threading.Thread(target=agree, daemon=True).start()
        done = perf(
            "echo", "--url", f"ws://127.0.0.1:{listener.getsockname()[1]}/", "--connections", "1",
            "--duration", "300ms",
        )  # fmt: skip
    assert done.returncode != 0
    assert "accept" in done.stderr.lower()


def test_masks_are_random():
    """RFC 6455 §5.3: taken from the frames as they come."""
    keys = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen():
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(4096).decode()
                key = next(
                    line.split(": ")[1] for line in request.split("\r\n") if "Sec-WebSocket-Key" in line
                )
                connection.sendall(handshake(key))
                frames = b""
                while len(frames) < 26 * 64 and (data := connection.recv(4096)):
                    frames += data
                keys.extend(frames[at + 2 : at + 6] for at in range(0, 26 * 64, 26))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        perf(
            "echo", "--url", f"ws://127.0.0.1:{listener.getsockname()[1]}/", "--connections", "1",
            "--depth", "64", "--size", "20", "--duration", "100ms", "--warm-up", "100ms", "--patience", "100ms",
        )  # fmt: skip
        thread.join(PATIENCE)
    assert len(keys) == 64 and len(set(keys)) > 60
    assert len({key[0] for key in keys}) > 32


def handshake(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
