# SPDX-License-Identifier: Apache-2.0
"""--compression on, as the `websockets` package speaks permessage-deflate (RFC 7692)."""

import random

import pytest
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect as client

TEXT = "".join(random.Random(1).choices("lorem ipsum dolor ", k=100_000))
IMAGE = bytes(i * i // 700 % 256 for i in range(480_000))


@pytest.fixture
def compressing(start_server):
    return start_server("--compression", "on")


def agreed(connection):
    """The response's Sec-WebSocket-Extensions."""
    return connection.response.headers.get("Sec-WebSocket-Extensions")


OFFERS = [
    {},
    {"server_no_context_takeover": True, "client_no_context_takeover": True},
    {"server_max_window_bits": 9},
    {"client_max_window_bits": 9},
    {"client_max_window_bits": True, "server_max_window_bits": 12},
]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: ",".join(offer) or "plain")
def test_messages_of_every_kind_come_back(compressing, offer):
    extensions = [ClientPerMessageDeflateFactory(**offer)]
    with client(
        f"{compressing.url}/echo", compression=None, extensions=extensions, max_size=None
    ) as connection:
        assert agreed(connection).startswith("permessage-deflate")
        for message in ["", "é", TEXT, b"", b"\0", IMAGE, random.Random(2).randbytes(1 << 20)] * 2:
            connection.send(message)
            equal = connection.recv() == message
            assert equal, f"{len(message)}"
        # A message in many frames is one stream.
        connection.send([TEXT[i : i + 777] for i in range(0, len(TEXT), 777)])
        assert connection.recv() == TEXT


def test_statistics_of_a_compressed_image(compressing):
    with client(f"{compressing.url}/stats?mode=ack") as connection:
        assert "permessage-deflate" in agreed(connection)
        connection.send(IMAGE)
        assert connection.recv() == "Received: 480000"


def test_a_bomb_is_refused_and_hurts_nobody(start_server):
    server = start_server("--compression", "on", "--max-message-size", "1MiB")
    with client(f"{server.url}/echo") as neighbour, client(f"{server.url}/echo") as bomber:
        bomber.send(bytes(256 << 20))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            bomber.recv()
        assert closed.value.rcvd.code == 1009
        neighbour.send(TEXT)
        assert neighbour.recv() == TEXT
    assert server.rss() < 100 << 20


def test_off_is_the_default(server):
    with client(f"{server.url}/echo") as connection:
        assert agreed(connection) is None
        connection.send(TEXT)
        assert connection.recv() == TEXT
