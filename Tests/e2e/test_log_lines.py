# SPDX-License-Identifier: Apache-2.0
"""Log lines and the names of requests: what an operator greps for, and what nobody must find there."""

import json
import re

import pytest
from rawsocket import CLOSE, TEXT, RawSocket, close_payload, frame, upgrade_request
from serverprocess import ServerProcess, eventually, run_to_exit

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def get(process: ServerProcess, path: str, name: str | None = None):
    head = f"X-Request-ID: {name}\r\n" if name is not None else ""
    with RawSocket(process.port) as http:
        http.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode("latin-1"))
        return http.receive_response()


def records(process: ServerProcess, message: str) -> list[dict]:
    """The JSON lines with a message. Every line must be one object, told apart by its first keys."""
    found = []
    for line in process.stderr().splitlines():
        record = json.loads(line)
        assert list(record)[:4] == ["time", "level", "logger", "message"]
        assert re.fullmatch(TIME, record["time"])
        if record["message"] == message:
            found.append(record)
    return found


@pytest.mark.parametrize(
    "name", ["a", "7f3e0c3a-4b4e-4f0e-9a53-2f5c8d1c1f3a", "Root=1-67891233-abcdef", "x" * 64]
)
def test_a_decent_request_id_is_given_back(server, name):
    assert get(server, "/healthz", name).headers["x-request-id"] == name
    request = upgrade_request(X_Request_ID=name)
    with RawSocket(server.port) as connection:
        connection.send(request)
        assert connection.receive_response(to_head=True).headers["x-request-id"] == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", 'a"b', "a\u00e9", "<a>", "a;b", "a\tb"])
def test_another_request_id_is_replaced(server, name):
    made = get(server, "/healthz", name).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{15}", made)


def test_made_request_ids_differ(server):
    with RawSocket(server.port) as http:
        made = [http.get("/healthz").headers["x-request-id"] for _ in range(200)]
    assert len(set(made)) == 200


@pytest.mark.parametrize("request_bytes", [b"HELLO\r\n\r\n", upgrade_request("/nothing")])
def test_refusals_have_a_request_id(server, request_bytes):
    with RawSocket(server.port) as connection:
        connection.send(request_bytes)
        assert connection.receive_response().headers["x-request-id"]


def test_a_request_is_a_line_at_debug(start_server):
    process = start_server("--log-format", "json", "--log-level", "debug")
    get(process, "/healthz?token=secret", "mine")
    (record,) = records(process, "request answered")
    assert record["request_id"] == "mine"
    assert (record["method"], record["path"], record["status"]) == ("GET", "/healthz", 200)
    assert record["level"] == "debug" and record["bytes"] == 3 and record["seconds"] >= 0
    assert record["peer"].startswith("127.0.0.1:")
    assert "secret" not in process.stderr()


def test_a_websocket_is_two_lines_at_debug(start_server):
    process = start_server("--log-format", "json", "--log-level", "debug")
    request = upgrade_request("/echo?token=secret", X_Request_ID="mine")
    with RawSocket(process.port) as connection:
        connection.send(request)
        connection.check_upgraded(request)
        for _ in range(10):
            connection.send(frame(TEXT, b"a"))
            connection.expect_message(TEXT, b"a")
        connection.send(frame(CLOSE, close_payload(1000)))
        connection.expect_close(1000)
    assert eventually(lambda: len(records(process, "websocket closed")) == 1)
    (opened,) = records(process, "websocket opened")
    (closed,) = records(process, "websocket closed")
    assert opened["request_id"] == closed["request_id"] == "mine"
    assert closed["code"] == 1000 and closed["path"] == "/echo"
    assert len(process.stderr().splitlines()) == 2, "a line a message"
    assert "secret" not in process.stderr()


def test_a_breach_names_its_request(start_server):
    process = start_server("--log-format", "json", "--log-level", "debug")
    request = upgrade_request(X_Request_ID="mine")
    with RawSocket(process.port) as connection:
        connection.send(request)
        connection.check_upgraded(request)
        connection.send(frame(TEXT, b"a", masked=False))
        connection.expect_close(1002)
    lines = [json.loads(line) for line in process.stderr().splitlines()]
    breach = [line for line in lines if line["message"].startswith("closing a connection")]
    assert [line["request_id"] for line in breach] == ["mine"]


def test_nothing_is_logged_of_requests_at_info(start_server):
    process = start_server()
    get(process, "/healthz")
    get(process, "/nothing")
    with RawSocket(process.port) as connection:
        connection.upgrade()
    assert process.stderr() == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_client_can_forge_a_line(start_server, form):
    process = start_server("--log-format", form, "--log-level", "debug")
    paths = ["/%0a2026-01-01", '/"},{"level":"error', "/\x1b[31m", "/\u00e9\u0085", "/a\\", "/a b"]
    for path in paths:
        with RawSocket(process.port) as http:
            http.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1"))
            http.receive_response()
    get(process, "/healthz", "last")
    lines = process.stderr().split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(paths) + 1
    for line in lines:
        assert all(character.isprintable() for character in line), line
        if form == "json":
            assert json.loads(line)["message"] == "request answered"
        else:
            assert re.match(f"{TIME} debug swiftlet: request answered bytes=", line)


def test_a_wrong_format_is_refused():
    result = run_to_exit("--port", "0", "--log-format", "xml")
    assert result.returncode == 64
    assert "text or json" in result.stderr
