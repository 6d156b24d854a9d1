# SPDX-License-Identifier: Apache-2.0
"""What becomes of a message's body: as it was for MessagePack, as near as can be for JSON."""

import struct

import msgpack
import pytest
from wire import JSON, MSGPACK, Client

# In MessagePack, byte for byte what it is listed as, whatever its form was when it was posted ...
POSTED = {
    "nil": (b"\xc0", b"\xc0", None),
    "true": (b"\xc3", b"\xc3", True),
    "small": (b"\x07", b"\x07", 7),
    "negative": (b"\xff", b"\xff", -1),
    "int64 that fits in less": (b"\xd3" + struct.pack(">q", -5), b"\xfb", -5),
    "uint64 that fits in less": (b"\xcf" + struct.pack(">Q", 300), b"\xcd\x01\x2c", 300),
    "largest int64": (*[b"\xcf" + struct.pack(">Q", 2**63 - 1)] * 2, 2**63 - 1),
    "smallest int64": (*[b"\xd3" + struct.pack(">q", -(2**63))] * 2, -(2**63)),
    "largest uint64": (*[b"\xcf" + b"\xff" * 8] * 2, 2**64 - 1),
    "float32": (b"\xca" + struct.pack(">f", 1.5), None, 1.5),
    "float64": (*[b"\xcb" + struct.pack(">d", 0.1)] * 2, 0.1),
    "NaN": (*[b"\xcb" + struct.pack(">d", float("nan"))] * 2, None),
    "infinity": (*[b"\xcb" + struct.pack(">d", float("inf"))] * 2, None),
    "str32 that fits in less": (b"\xdb\0\0\0\2ab", b"\xa2ab", "ab"),
    "str8": (*[b"\xd9\x20" + b"x" * 32] * 2, "x" * 32),
    "text": (*[b"\xa6" + "ä€!".encode()] * 2, "ä€!"),
    "UTF-8 bin": (*[b"\xc4\x03" + "ä!".encode()] * 2, "ä!"),
    "other bin": (*[b"\xc4\x03\xff\xfe\xfd"] * 2, "//79"),
    "padded bin": (*[b"\xc4\x01\xff"] * 2, "/w=="),
    "empty bin": (*[b"\xc4\x00"] * 2, ""),
    "ext": (*[b"\xd5\x05ab"] * 2, [5, "ab"]),
    "ext of other bytes": (*[b"\xc7\x03\x7f\xff\xfe\xfd"] * 2, [127, "//79"]),
    "empty ext": (*[b"\xc7\x00\x01"] * 2, [1, ""]),
    "array32 that fits in less": (b"\xdd\0\0\0\1\x01", b"\x91\x01", [1]),
    "map32 that fits in less": (b"\xdf\0\0\0\1\xa1a\x01", b"\x81\xa1a\x01", {"a": 1}),
    "bin key": (*[b"\x81\xc4\x01\xff\x01"] * 2, {"/w==": 1}),
    "nested": (*[b"\x81\xa1a\x92\xc4\x01\xff\x81\xa1b\xc0"] * 2, {"a": ["/w==", {"b": None}]}),
}


@pytest.mark.parametrize("case", POSTED)
def test_posted_in_messagepack(server, project, case):
    posted, listed, json = POSTED[case]
    with (
        Client(server, MSGPACK, project) as client,
        Client(server, JSON, project) as json_client,
    ):
        client.subscribe()
        json_client.subscribe()
        post = client.envelope("message_post", {}, {"queue_name": "q", "messages": ["BODY"]})
        frame = msgpack.packb(post).replace(b"\xa4BODY", b"\x81\xa4body" + posted)
        assert client.exchange_frame(frame).status == 201
        notification = client.socket.recv()
        expect(notification, posted, listed)
        listing = client.envelope("message_list", {}, {"queue_name": "q", "echo": True})
        client.socket.send(msgpack.packb(listing))
        expect(client.socket.recv(), posted, listed)

        for read in (json_client.receive()["body"], json_client.bodies()[0]):
            assert read == json and type(read) is type(json)


def expect(frame, posted, listed):
    """The body in its shortest form; a float32 may become the float64 of the same number."""
    expected = [listed] if listed else [posted, b"\xcb" + struct.pack(">d", 1.5)]
    assert any(b"\xa4body" + body in frame for body in expected), frame


TIMESTAMPS = {
    "4 bytes": (b"\xd6\xff" + struct.pack(">I", 1), "1970-01-01T00:00:01Z"),
    "8 bytes": (
        b"\xd7\xff" + struct.pack(">Q", 500_000_000 << 34 | 1_600_000_000),
        "2020-09-13T12:26:40.5Z",
    ),
    "12 bytes": (b"\xc7\x0c\xff" + struct.pack(">Iq", 0, -1), "1969-12-31T23:59:59Z"),
}


@pytest.mark.parametrize("case", TIMESTAMPS)
def test_timestamps(server, project, case):
    posted, text = TIMESTAMPS[case]
    with Client(server, MSGPACK, project) as client:
        post = client.envelope("message_post", {}, {"queue_name": "q", "messages": ["BODY"]})
        frame = msgpack.packb(post).replace(b"\xa4BODY", b"\x81\xa4body" + posted)
        assert client.exchange_frame(frame).status == 201
        [body] = client.bodies()
        assert body == msgpack.unpackb(posted)
        listing = client.ask("message_list", queue_name="q", echo=True, encoding=JSON)
        [message] = listing.body["messages"]
        assert message["body"] == text


JSON_BODIES = [
    None,
    False,
    0,
    -(2**63),
    2**64 - 1,
    0.1,
    -1e300,
    5e-324,
    1e16,
    "",
    'ä"\\/\b\f\n\r\t\x00\x1f\x7f\u2028\U0001f600',
    [],
    {},
    {"": {"a": [[], [None]]}},
]


@pytest.mark.parametrize("body", JSON_BODIES, ids=repr)
def test_posted_in_json(server, project, body):
    with Client(server, JSON, project) as client:
        client.subscribe()
        client.post(body)
        for read in (client.receive()["body"], client.bodies()[0]):
            assert read == body and type(read) is type(body)
        listing = client.ask("message_list", queue_name="q", echo=True, encoding=MSGPACK)
        assert listing.body["messages"][0]["body"] == body


@pytest.mark.parametrize(
    "text", ["18446744073709551616", "-9223372036854775809", "NaN", r'"\ud800"']
)
def test_bodies_that_json_cannot_hold(server, project, text):
    with Client(server, JSON, project) as client:
        frame = JSON.encode(
            client.envelope("message_post", {}, {"queue_name": "q", "messages": [{"body": "BODY"}]})
        )
        assert client.exchange_frame(frame.replace('"BODY"', text)).status == 400
        assert client.ask("queue_list").outcome == (200, {"queues": []})
