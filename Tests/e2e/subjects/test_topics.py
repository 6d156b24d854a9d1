# SPDX-License-Identifier: Apache-2.0
"""ws /topics/NAME: what one subscriber sends goes to all others."""

import contextlib
import threading

import pytest
from counters import counters, counts_to
from rawsocket import BINARY, TEXT, RawSocket, frame, upgrade_request
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import connect

# More than the kernel's buffers on both sides hold, however they grow.
LARGE = b"x" * 250_000
MANY = 160


@pytest.fixture
def serve(start_server):
    def start(policy="close"):
        return start_server(
            "--loops", "2", "--slow-consumer", policy, "--send-queue-limit", "1MiB"
        )

    return start


@pytest.fixture
def subscribe():
    """Subscribers that read ahead little, so that one can be slow."""
    with contextlib.ExitStack() as closes:

        def one(process, topic="t"):
            return closes.enter_context(
                connect(
                    f"{process.url}/topics/{topic}", compression=None, max_size=None, max_queue=1,
                    ping_interval=None, close_timeout=0.1,
                )
            )

        yield one


def dropped(process):
    return counters(process)["topic_messages_dropped_total"]


def test_others_are_told_and_the_publisher_is_not(serve, subscribe):
    process = serve()
    first, second, third = (subscribe(process) for _ in range(3))
    first.send("from the first")
    second.send(b"from the second")
    assert first.recv() == b"from the second"
    assert second.recv() == "from the first"
    assert sorted(map(str, [third.recv(), third.recv()])) == [
        "b'from the second'", "from the first",
    ]
    # Nothing was told twice, or to whom it came from.
    third.send("end")
    assert first.recv() == second.recv() == "end"
    assert counters(process)["topic_messages_published_total"] == 3
    assert counts_to(process, "topic_messages_delivered_total", 6)


def test_topics_are_apart(serve, subscribe):
    process = serve()
    one, other = subscribe(process, "one"), subscribe(process, "other")
    third = subscribe(process, "one")
    other.send("to nobody")
    one.send("to the third")
    assert third.recv() == "to the third"
    assert counters(process)["topic_messages_published_total"] == 2
    assert counters(process)["topic_messages_delivered_total"] == 1


def test_each_publishers_order_is_kept(serve, subscribe):
    process = serve()
    count = 2000
    publishers = [subscribe(process) for _ in range(3)]
    subscribers = [RawSocket(process.port).upgrade("/topics/t") for _ in range(8)]
    assert counts_to(process, "topic_subscribers", 11)

    def publish(number):
        for sequence in range(count):
            publishers[number].send(bytes([number]) + sequence.to_bytes(4, "little"))

    def drain(subscription):
        # They hear each other, too.
        for _ in range(2 * count):
            subscription.recv()

    threads = [threading.Thread(target=publish, args=[n]) for n in range(3)]
    threads += [threading.Thread(target=drain, args=[p]) for p in publishers]
    for thread in threads:
        thread.start()
    for subscriber in subscribers:
        next_of = [0, 0, 0]
        for _ in range(3 * count):
            opcode, payload = subscriber.receive_message()
            assert opcode == BINARY
            assert int.from_bytes(payload[1:], "little") == next_of[payload[0]]
            next_of[payload[0]] += 1
        subscriber.close()
    for thread in threads:
        thread.join()
    assert counts_to(process, "topic_messages_delivered_total", 3 * count * 10)
    assert counters(process)["topic_messages_published_total"] == 3 * count
    assert dropped(process) == 0


def test_kind_and_size_are_kept(serve):
    process = serve()
    with (
        RawSocket(process.port).upgrade("/topics/t") as one,
        RawSocket(process.port).upgrade("/topics/t") as other,
    ):
        assert counts_to(process, "topic_subscribers", 2)
        for opcode, payload in [
            (TEXT, b""), (BINARY, b""), (TEXT, "grüß".encode()), (BINARY, b"\xff\x00"),
            (BINARY, LARGE * 4), (TEXT, b"t" * 70_000),
        ]:
            one.send(frame(opcode, payload))
            other.expect_message(opcode, payload)


def publish_many(publisher):
    for number in range(MANY):
        publisher.send(number.to_bytes(4, "little") + LARGE)


def number_of(message):
    assert message[4:] == LARGE
    return int.from_bytes(message[:4], "little")


def test_drop_oldest_loses_only_what_waited(serve, subscribe):
    process = serve("drop-oldest")
    publisher, slow, prompt = (subscribe(process) for _ in range(3))
    for number in range(MANY):
        publisher.send(number.to_bytes(4, "little") + LARGE)
        # Nobody but the slow one falls behind.
        assert number_of(prompt.recv()) == number
    told = []
    while not told or told[-1] < MANY - 1:
        told.append(number_of(slow.recv()))
    assert told == sorted(set(told))
    assert counts_to(process, "topic_messages_delivered_total", MANY + len(told))
    assert dropped(process) == MANY - len(told) > 0
    assert counters(process)["topic_subscribers_closed_total"] == 0


def test_close_says_why(serve, subscribe):
    process = serve("close")
    publisher, slow = subscribe(process), subscribe(process)
    publish_many(publisher)
    told = []
    with pytest.raises(ConnectionClosedError) as closed:
        while True:
            told.append(number_of(slow.recv()))
    assert closed.value.rcvd.code == 1013
    assert told == list(range(len(told))) and len(told) < MANY
    assert counts_to(process, "topic_subscribers", 1)
    values = counters(process)
    assert values["topic_subscribers_closed_total"] == 1
    assert values["topic_messages_delivered_total"] == len(told)
    # What was published while it still was a subscriber, and not sent.
    assert 0 < values["topic_messages_dropped_total"] <= MANY - len(told)


def test_block_holds_publishers_and_loses_nothing(serve, subscribe):
    process = serve("block")
    publisher, slow = subscribe(process), subscribe(process)
    thread = threading.Thread(target=publish_many, args=[publisher])
    thread.start()
    assert counts_to(process, "topic_blocks_total", 1)
    assert [number_of(slow.recv()) for _ in range(MANY)] == list(range(MANY))
    thread.join()
    values = counters(process)
    assert values["topic_messages_dropped_total"] == values["topic_subscribers_closed_total"] == 0
    # It goes on.
    publisher.send("after")
    assert slow.recv() == "after"


def test_blocking_subscriber_that_leaves_frees_the_publishers(serve, subscribe):
    process = serve("block")
    publisher, prompt = subscribe(process), subscribe(process)
    slow = RawSocket(process.port).upgrade("/topics/t")
    assert counts_to(process, "topic_subscribers", 3)
    thread = threading.Thread(target=publish_many, args=[publisher])
    thread.start()
    prompt_told = []
    reader = threading.Thread(
        target=lambda: prompt_told.extend(number_of(prompt.recv()) for _ in range(MANY))
    )
    reader.start()
    assert counts_to(process, "topic_blocks_total", 1)
    slow.close()
    thread.join()
    reader.join()
    assert prompt_told == list(range(MANY))


@pytest.mark.parametrize("name", ["", "a/b", "%61", "a" * 65, "*", "a~"])
def test_wrong_name_is_refused(server, name):
    with RawSocket(server.port) as raw:
        raw.send(upgrade_request(f"/topics/{name}"))
        response = raw.receive_response()
        assert response.status == 400
        assert b"has 1 to 64 of the characters" in response.body


def test_topic_is_no_page(server):
    with RawSocket(server.port) as raw:
        assert raw.get("/topics/t").status == 426


@pytest.mark.parametrize("name", ["a", "Z-9_.", "a" * 64])
def test_good_name_is_taken(serve, subscribe, name):
    process = serve()
    one, other = subscribe(process, name), subscribe(process, name)
    assert counts_to(process, "topic_subscribers", 2)
    one.send("x")
    assert other.recv() == "x"


def test_topics_without_subscribers_are_forgotten(serve):
    process = serve()
    for round in range(3):
        for number in range(200):
            RawSocket(process.port).upgrade(f"/topics/{round}-{number}").close()
    assert counts_to(process, "topic_subscribers", 0)


def test_drain_tells_what_was_published(start_server, subscribe):
    process = start_server("--send-queue-limit", "16MiB")
    publisher, other = subscribe(process), subscribe(process)
    assert counts_to(process, "topic_subscribers", 2)
    for number in range(20):
        publisher.send(number.to_bytes(4, "little") + LARGE)
    assert counts_to(process, "topic_messages_published_total", 20)
    process.terminate()
    assert [number_of(other.recv()) for _ in range(20)] == list(range(20))
    with pytest.raises(ConnectionClosed) as closed:
        other.recv()
    assert closed.value.rcvd.code == 1001
