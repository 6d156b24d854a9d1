# SPDX-License-Identifier: Apache-2.0
"""Subscribers that do not read what they are told: the three policies of --slow-consumer."""

import contextlib
import threading

import pytest
from rawsocket import RawSocket
from serverprocess import eventually
from websockets.exceptions import ConnectionClosedError
from wire import MSGPACK, Client

# More than the kernel's buffers on both sides hold, however they grow.
BODY = b"x" * 250_000
POSTS = 160


@pytest.fixture
def serve(start_server):
    def start(policy):
        return start_server("--slow-consumer", policy, "--send-queue-limit", "1MiB")

    return start


def metric(process, name):
    with RawSocket(process.port) as http:
        lines = http.get("/metrics").body.decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"swiftlet_{name} "))


@contextlib.contextmanager
def slow_subscriber(process):
    with Client(process, MSGPACK, reads_ahead=1) as client:
        client.subscribe()
        yield client


def post_all(process):
    with Client(process, MSGPACK) as poster:
        for number in range(POSTS):
            poster.post([number, BODY])


def test_drop_oldest(serve):
    process = serve("drop-oldest")
    with slow_subscriber(process) as slow, Client(process, MSGPACK) as prompt:
        prompt.subscribe()
        post_all(process)
        told = []
        while not told or told[-1] < POSTS - 1:
            notification = slow.receive()
            assert notification["body"][1] == BODY
            told.append(notification["body"][0])
        assert told == sorted(set(told))
        assert metric(process, "notifications_dropped_total") == POSTS - len(told) > 0
        # Others lose nothing, and this one still gets its answers.
        assert [prompt.receive()["body"][0] for _ in range(POSTS)] == list(range(POSTS))
        assert slow.ask("ping").status == 200


def test_close(serve):
    process = serve("close")
    with slow_subscriber(process) as slow:
        post_all(process)
        told = []
        with pytest.raises(ConnectionClosedError) as closed:
            while True:
                told.append(slow.receive()["body"][0])
        assert closed.value.rcvd.code == 1013
        # What came before its end is whole and without gaps.
        assert told == list(range(len(told))) and len(told) < POSTS
        assert metric(process, "slow_consumers_closed_total") == 1


def test_block(serve):
    process = serve("block")
    with slow_subscriber(process) as slow:
        poster = threading.Thread(target=post_all, args=[process])
        poster.start()
        assert eventually(lambda: metric(process, "slow_consumer_blocks_total") > 0)
        told = [slow.receive()["body"][0] for _ in range(POSTS)]
        poster.join()
        assert told == list(range(POSTS))
        for name in ["notifications_dropped_total", "slow_consumers_closed_total"]:
            assert metric(process, name) == 0


def test_the_past_waits_for_its_reader(serve):
    process = serve("close")
    post_all(process)
    with Client(process, MSGPACK, reads_ahead=1) as slow, Client(process, MSGPACK) as prompt:
        slow.subscribe(since="")
        prompt.subscribe(since="")
        assert [prompt.receive()["body"][0] for _ in range(POSTS)] == list(range(POSTS))
        assert [slow.receive()["body"][0] for _ in range(POSTS)] == list(range(POSTS))
