# SPDX-License-Identifier: Apache-2.0
"""/stats?mode=ack: answered at once, recorded for good."""

import contextlib
import csv
import io
import json
import re
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import msgpack
import numpy as np
import pytest
from images import path, text_line, whole_numbers
from rawsocket import BINARY, PATIENCE, TEXT, RawSocket, frame
from serverprocess import eventually

FIELDS = ["id", "time", "bytes", "shape", "min", "max", "mean", "median", "stddev", "compute_ns"]


def get(process, target: str):
    with RawSocket(process.port) as http:
        return http.get(target)


def results(process, after=0) -> list[dict]:
    """All records after an id; the server may give them in portions."""
    records = []
    while True:
        response = get(process, f"/stats/results?after={after}&format=jsonl")
        assert response.status == 200
        portion = [json.loads(line) for line in response.body.splitlines()]
        if not portion:
            return records
        records += portion
        after = portion[-1]["id"]


def results_when_there(process, count: int, after=0) -> list[dict]:
    """The same once `count` are there: an acknowledgement may come before its result."""
    assert eventually(lambda: len(results(process, after)) >= count)
    return results(process, after)


def shape_of(value) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(value)))


def check_record(record: dict, image: np.ndarray) -> None:
    assert int(record["bytes"]) == image.nbytes
    assert shape_of(record["shape"]) == image.shape
    assert float(record["min"]) == image.min()
    assert float(record["max"]) == image.max()
    assert float(record["mean"]) == image.mean()
    assert float(record["median"]) == np.median(image)
    assert float(record["stddev"]) == pytest.approx(image.std(), rel=1e-9)
    assert int(record["compute_ns"]) > 0


def acknowledged(connection: RawSocket, image: np.ndarray) -> None:
    connection.send(frame(BINARY, image.tobytes()))
    assert connection.receive_message() == (TEXT, f"Received: {image.nbytes}".encode())


IMAGES = [
    whole_numbers("u8", (600, 800), 0),
    whole_numbers("u8", (480000,), 1),
    whole_numbers("u16", (33, 77), 2),
    whole_numbers("u16", (1001,), 3),
]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_ack_is_recorded(start_server, form):
    process = start_server()
    for image in IMAGES:
        with RawSocket(process.port) as connection:
            acknowledged(connection.upgrade(path(image, mode="ack")), image)
    assert len(results_when_there(process, len(IMAGES))) == len(IMAGES)

    response = get(process, f"/stats/results?after=0&format={form}")
    assert response.status == 200
    if form == "jsonl":
        records = [json.loads(line) for line in response.body.splitlines()]
        for record in records:
            assert set(FIELDS) <= set(record)
    else:
        reader = csv.DictReader(io.StringIO(response.body.decode()), strict=True)
        assert reader.fieldnames == FIELDS
        records = list(reader)
    # Different connections may be on different loops, so in any order.
    by_image = {(int(record["bytes"]), shape_of(record["shape"])): record for record in records}
    assert len(by_image) == len(records) == len(IMAGES)
    for image in IMAGES:
        check_record(by_image[image.nbytes, image.shape], image)


def test_after_gives_only_what_is_newer(start_server):
    process = start_server()
    image = whole_numbers("u8", (60, 80), 0)
    with RawSocket(process.port) as connection:
        connection.upgrade(path(image, mode="ack"))
        for _ in range(10):
            acknowledged(connection, image)
    records = results_when_there(process, 10)
    ids = [record["id"] for record in records]
    assert len(ids) == 10 and ids == sorted(set(ids))
    assert [r["id"] for r in results(process, after=ids[3])] == ids[4:]
    assert results(process, after=ids[-1]) == []
    # Without `after` and `format`: all, as lines of JSON.
    plain = get(process, "/stats/results")
    assert [json.loads(line)["id"] for line in plain.body.splitlines()] == ids


def test_wait_is_not_recorded(start_server):
    process = start_server()
    image = whole_numbers("u8", (60, 80), 0)
    with RawSocket(process.port) as connection:
        connection.upgrade(path(image))
        connection.send(frame(BINARY, image.tobytes()))
        assert connection.receive_message() == (TEXT, text_line(image).encode())
    assert results(process) == []


@pytest.mark.parametrize("reply, decode", [("json", json.loads), ("msgpack", msgpack.unpackb)])
def test_ack_in_the_reply_format(connect, reply, decode):
    connection = connect(f"/stats?mode=ack&reply={reply}")
    connection.send(frame(BINARY, bytes(480000)))
    assert decode(connection.receive_message()[1])["bytes"] == 480000


@pytest.mark.parametrize("query", ["after=x", "after=-1", "format=x", "after=1&format="])
def test_bad_query_for_results_is_400(server, query):
    response = get(server, f"/stats/results?{query}")
    assert response.status == 400
    assert len(response.body.split()) >= 3


# Nothing acknowledged is ever lost. Each image holds its own number in every pixel.

CONNECTIONS, EACH = 4, 1000


def numbered_frame(number: int) -> bytes:
    return frame(BINARY, np.full(64, number, "<u2").tobytes())


def recorded_numbers(file) -> Counter:
    """How often each image stands in a record file."""
    records = [json.loads(line) for line in file.read_text().splitlines()]
    for record in records:
        assert set(FIELDS) <= set(record)
        assert record["min"] == record["max"] == record["mean"] == record["median"]
    ids = [record["id"] for record in records]
    assert len(ids) == len(set(ids))
    return Counter(int(record["min"]) for record in records)


def test_every_ack_is_in_the_record_after_sigterm(start_server, tmp_path):
    file = tmp_path / "images.jsonl"
    process = start_server("--record", str(file))
    connections = [RawSocket(process.port) for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.upgrade("/stats?mode=ack&format=u16")
    for index, connection in enumerate(connections):
        numbers = range(index * EACH, (index + 1) * EACH)
        connection.send(b"".join(numbered_frame(number) for number in numbers))
    for connection in connections:
        for _ in range(EACH):
            connection.expect_message(TEXT, b"Received: 128")
    process.terminate()  # right behind the last acknowledgement
    for connection in connections:
        connection.expect_goodbye(1001)
    process.stop()
    assert recorded_numbers(file) == Counter(range(CONNECTIONS * EACH))
    for connection in connections:
        connection.close()


def collect_acks(connection: RawSocket, first: int, under_way: threading.Event) -> list[int]:
    """The numbers acknowledged until the server closes; they come in the order of the images."""
    acks = []
    while (got := connection.receive_frame()).opcode == TEXT:
        assert got.payload == b"Received: 128"
        acks.append(first + len(acks))
        if len(acks) == 100:
            under_way.set()
    assert got.payload[:2] == (1001).to_bytes(2)
    connection.socket.shutdown(socket.SHUT_RDWR)  # ends the sender, too
    return acks


def send_until_cut(connection: RawSocket, numbers: range) -> None:
    with contextlib.suppress(ConnectionError):  # the server goes, as asked
        for number in numbers:
            connection.send(numbered_frame(number))


def test_sigterm_between_acks_loses_none(start_server, tmp_path):
    """SIGTERM while images are under way: what is acknowledged by then is recorded, once."""
    file = tmp_path / "images.jsonl"
    process = start_server("--record", str(file))
    collecting, events = [], []
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2 * CONNECTIONS))
        for first in range(0, CONNECTIONS * 15_000, 15_000):
            connection = stack.enter_context(RawSocket(process.port))
            connection.upgrade("/stats?mode=ack&format=u16")
            events.append(threading.Event())
            collecting.append(pool.submit(collect_acks, connection, first, events[-1]))
            pool.submit(send_until_cut, connection, range(first, first + 15_000))
        for event in events:
            assert event.wait(PATIENCE)
        process.stop()
        acknowledged_numbers = {number for acks in collecting for number in acks.result()}

    recorded = recorded_numbers(file)
    assert max(recorded.values()) == 1
    assert len(acknowledged_numbers) >= CONNECTIONS * 100
    assert acknowledged_numbers <= set(recorded)


def test_record_is_appended_to(start_server, tmp_path):
    """A restart with the same file keeps what the run before recorded."""
    file = tmp_path / "images.jsonl"
    for number in (1, 2):
        process = start_server("--record", str(file))
        with RawSocket(process.port) as connection:
            connection.upgrade("/stats?mode=ack&format=u16")
            connection.send(numbered_frame(number))
            connection.expect_message(TEXT, b"Received: 128")
        process.stop()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["min"] for line in lines] == [1, 2]
