# SPDX-License-Identifier: Apache-2.0
"""A client of the messaging wire that hides nothing of it: websockets, json and msgpack."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import msgpack
from serverprocess import PATIENCE, ServerProcess
from websockets.sync.client import connect

CLIENT_ID = "3381af92-2b9e-11e3-b191-71861300734c"
OTHER_CLIENT_ID = "c4d5e6f7-0123-4567-89ab-cdef01234567"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Encoding:
    name: str
    encode: Callable[[Any], str | bytes]


JSON = Encoding("json", json.dumps)
MSGPACK = Encoding("msgpack", msgpack.packb)


def encoding_of(frame: str | bytes) -> Encoding:
    return JSON if isinstance(frame, str) else MSGPACK


def decode(frame: str | bytes) -> Any:
    if isinstance(frame, str):
        assert "\n" not in frame, "JSON of more than one line"
        return json.loads(frame)
    return msgpack.unpackb(frame, strict_map_key=False)


@dataclass
class Response:
    """What came for a request, and in what."""

    envelope: dict[str, Any]
    encoding: Encoding

    @property
    def status(self) -> int:
        return self.envelope["headers"]["status"]

    @property
    def body(self) -> Any:
        return self.envelope["body"]

    @property
    def outcome(self) -> tuple[int, Any]:
        return self.status, self.body


def invalid(exception: str) -> tuple[int, Any]:
    """The outcome where an action finds a value that may not be what it is."""
    return failure(400, exception)


def failure(status: int, exception: str, error: str | None = None) -> tuple[int, Any]:
    return status, {"exception": exception, "error": error}


def refusal(status: int, error: str) -> tuple[int, Any]:
    """The outcome where the envelope or the client is not in order."""
    return status, {"error": error}


SCHEMA_FAILURE = refusal(400, "Schema validation failed.")


def new_project() -> str:
    """One that has nothing in it yet."""
    return f"project-{next(_numbers)}"


class Client:
    """A connection that asks in one encoding and belongs to a project."""

    def __init__(
        self,
        server: ServerProcess,
        encoding: Encoding = JSON,
        project: str = "p",
        client_id: str = CLIENT_ID,
        reads_ahead: int | None = None,
    ):
        """With `reads_ahead` the socket is not read while so many frames wait for the test."""
        self.server = server
        self.encoding = encoding
        self.project = project
        self.headers = {"Client-ID": client_id, "X-Project-ID": project}
        self._connection = connect(f"{server.url}/v2", max_size=None, max_queue=reads_ahead)

    def __enter__(self) -> Self:
        self.socket = self._connection.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._connection.__exit__(*error)

    def envelope(self, action: Any, headers: dict[str, Any], body: dict[str, Any]) -> dict:
        return {"action": action, "headers": self.headers | headers, "body": body}

    def receive(self) -> Any:
        """The next message, whatever it is."""
        return decode(self.socket.recv(timeout=PATIENCE))

    def response(self) -> Response:
        frame = self.socket.recv(timeout=PATIENCE)
        envelope = decode(frame)
        assert envelope.keys() == {"request", "body", "headers"}, envelope
        assert envelope["request"]["api"] == "v2"
        return Response(envelope, encoding_of(frame))

    def exchange(self, request: Any, encoding: Encoding | None = None) -> Response:
        """Sends a request as it is: a value to encode."""
        return self.exchange_frame((encoding or self.encoding).encode(request))

    def exchange_frame(self, frame: str | bytes) -> Response:
        self.socket.send(frame)
        return self.response()

    def ask(
        self,
        action: str,
        headers: dict[str, Any] | None = None,
        encoding: Encoding | None = None,
        **body: Any,
    ) -> Response:
        return self.exchange(self.envelope(action, headers or {}, body), encoding)

    def demand(self, action: str, **body: Any) -> Any:
        """Asks for what must succeed; its body."""
        response = self.ask(action, **body)
        assert response.status < 300, response.envelope
        return response.body

    # What many tests need on their way.

    def post(self, *bodies: Any, queue: str = "q", **fields: Any) -> list[str]:
        messages = [{"body": body} | fields for body in bodies]
        return self.demand("message_post", queue_name=queue, messages=messages)["message_ids"]

    def messages(self, queue: str = "q", **fields: Any) -> list[dict]:
        """Messages, the client's own among them."""
        return self.demand("message_list", queue_name=queue, echo=True, **fields)["messages"]

    def bodies(self, queue: str = "q", **fields: Any) -> list[Any]:
        return [message["body"] for message in self.messages(queue, **fields)]

    def claim(self, queue: str = "q", **fields: Any) -> dict:
        return self.demand("claim_create", queue_name=queue, **fields)

    def subscribe(self, queue: str = "q", **fields: Any) -> str:
        return self.demand("subscription_create", queue_name=queue, **fields)["subscription_id"]
