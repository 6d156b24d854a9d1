# SPDX-License-Identifier: Apache-2.0
"""The ways a credential comes to the server, and what the server says of it."""

from dataclasses import dataclass, field
from urllib.parse import quote

from rawsocket import RawSocket, Response, accept_of, upgrade_request


@dataclass(frozen=True)
class Attempt:
    """What a request adds to the path and to the fields."""

    query: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def by_authorization(token: str) -> Attempt:
    return Attempt(fields={"Authorization": f"Bearer {token}"})


def by_query(token: str) -> Attempt:
    return Attempt(query=f"access_token={quote(token, safe='')}")


def by_subprotocol(token: str) -> Attempt:
    return Attempt(fields={"Sec-WebSocket-Protocol": f"bearer.{token}"})


NOTHING = Attempt()


def target(path: str, attempt: Attempt) -> str:
    if not attempt.query:
        return path
    return path + ("&" if "?" in path else "?") + attempt.query


def ask(port: int, path: str, attempt: Attempt = NOTHING, *, method="GET", body=b"") -> Response:
    """A plain request's response."""
    lines = [f"{method} {target(path, attempt)} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in attempt.fields.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with RawSocket(port) as connection:
        connection.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return connection.receive_response(to_head=method == "HEAD")


def upgrade(connection: RawSocket, path: str, attempt: Attempt = NOTHING) -> Response:
    """The response to an opening handshake; checked where it succeeds."""
    fields = {name.replace("-", "_"): value for name, value in attempt.fields.items()}
    request = upgrade_request(target(path, attempt), **fields)
    connection.send(request)
    response = connection.receive_response()
    if response.status == 101:
        assert response.headers["sec-websocket-accept"] == accept_of(request)
    return response


def try_upgrade(port: int, path: str, attempt: Attempt = NOTHING) -> Response:
    with RawSocket(port) as connection:
        return upgrade(connection, path, attempt)
