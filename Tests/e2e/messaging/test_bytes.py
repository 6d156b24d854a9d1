# SPDX-License-Identifier: Apache-2.0
"""One conversation to the byte."""

import json

from wire import Client

BINARY_REQUEST = bytes.fromhex(
    "83a6616374696f6ea971756575655f676574a76865616465727382a9436c69656e742d4944a163ac582d50726f6a65"
    "63742d4944a170a4626f647981aa71756575655f6e616d65a171"
)
BINARY_RESPONSE = bytes.fromhex(
    "83a77265717565737484a6616374696f6ea971756575655f676574a4626f647981aa71756575655f6e616d65a171a7"
    "6865616465727382a9436c69656e742d4944a163ac582d50726f6a6563742d4944a170a3617069a27632a4626f6479"
    "80a76865616465727381a6737461747573ccc8"
)

TEXT_REQUEST = (
    '{"action": "queue_get", "headers": {"Client-ID": "c", "X-Project-ID": "p"}, '
    '"body": {"queue_name": "q"}}'
)
TEXT_RESPONSE = (
    '{"request": {"action": "queue_get", "body": {"queue_name": "q"}, "headers": '
    '{"Client-ID": "c", "X-Project-ID": "p"}, "api": "v2"}, "body": {}, "headers": '
    '{"status": 200}}'
)


def test_binary(server):
    with Client(server) as client:
        client.socket.send(BINARY_REQUEST)
        assert client.socket.recv() == BINARY_RESPONSE


def test_text(server):
    with Client(server) as client:
        client.socket.send(TEXT_REQUEST)
        response = client.socket.recv()
    assert isinstance(response, str) and "\n" not in response
    # The order of keys is of no meaning in JSON, but the same here all the same.
    assert list(json.loads(response).items()) == list(json.loads(TEXT_RESPONSE).items())
