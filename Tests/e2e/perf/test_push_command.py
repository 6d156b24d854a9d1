# SPDX-License-Identifier: Apache-2.0
"""`swiftlet-perf push` on servers that send well, and on such that do not."""

import asyncio
import json
import re
import struct
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from instrument import BRIEF, python_server
from reports import perf


def pusher(spoil=lambda number, message: [message]):
    """Sends what it is asked for; of every twentieth message `spoil` says what is sent."""

    async def push(connection):
        query = parse_qs(urlsplit(connection.request.path).query)
        gap, size = 1 / float(query["rate"][0]), int(query["size"][0])
        number = 0
        while True:
            message = struct.pack("<QQ", number, time.monotonic_ns()).ljust(size, b"x")
            for part in spoil(number, message) if number % 20 == 19 else [message]:
                await connection.send(part)
            number += 1
            await asyncio.sleep(gap)

    return push


def run(spoil, *arguments):
    handler = pusher(spoil) if spoil else pusher()
    with python_server(handler) as port:
        return perf(
            "push", "--url", f"ws://127.0.0.1:{port}/", *BRIEF, "--connections", "3", "--rate", "200",
            *arguments,
        )  # fmt: skip


def test_receives_what_is_sent(tmp_path):
    file = tmp_path / "result.json"
    done = run(None, "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every message was right" in done.stdout
    [measured] = json.loads(file.read_text())["runs"]
    assert measured["figures"]["rate"] > 0
    assert 0 < measured["times"]["response"]["p50"] < 60e9


@pytest.mark.parametrize(
    "spoil, fault",
    [
        (lambda number, message: [], "lost"),
        (lambda number, message: [message, message], "duplicated"),
        (lambda number, message: [message[:-1]], "corrupted"),
        (lambda number, message: [message.decode("latin-1")], "corrupted"),
        # A clock that is ahead.
        (lambda number, message: [message[:15] + b"\x7f" + message[16:]], "corrupted"),
        # A number no server counts to.
        (lambda number, message: [b"\xff" * 8 + message[8:]], "corrupted"),
    ],
)
def test_names_what_a_server_does_wrong(spoil, fault):
    done = run(spoil)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"^WRONG: .*\d+ {fault}", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments, sentence",
    [(["--size", "15"], "--size must be at least 16"), (["--connections", "0"], "must be above 0")],
)
def test_says_what_is_wrong(arguments, sentence):
    done = perf("push", "--url", "ws://127.0.0.1:1/", *arguments)
    assert done.returncode not in (0, 3)
    assert sentence in done.stderr
