# SPDX-License-Identifier: Apache-2.0
"""From which pages browsers may connect."""

import pytest
from rawsocket import RawSocket, upgrade_request
from serverprocess import ServerProcess, run_to_exit
from ways import Attempt, ask, try_upgrade


def upgraded(port: int, origin: str | None, host: str = "here:9001") -> bool:
    fields = {"Host": host} | ({"Origin": origin} if origin is not None else {})
    with RawSocket(port) as connection:
        connection.send(upgrade_request("/echo", **fields))
        response = connection.receive_response()
    assert response.status in (101, 403)
    return response.status == 101


@pytest.mark.parametrize("origin", [None, "http://here:9001", "https://x.example", "null"])
def test_without_the_option_none_is_asked_for_its_origin(start_server, origin):
    process = start_server()
    assert upgraded(process.port, origin)
    if origin is not None:
        response = ask(process.port, "/healthz", Attempt(fields={"Origin": origin}))
        assert "access-control-allow-origin" not in response.headers


@pytest.fixture(scope="module")
def choosy_server():
    process = ServerProcess(
        "--port", "0", "--allow-origin", "https://app.example",
        "--allow-origin", "http://localhost:8000",
    )  # fmt: skip
    yield process
    process.stop()


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        (None, True),
        ("https://app.example", True),
        ("http://localhost:8000", True),
        ("http://app.example", False),
        ("https://app.example:8443", False),
        ("https://APP.example", False),
        ("https://app.example/", False),
        ("https://app.example.evil.example", False),
        ("http://localhost", False),
        ("http://here:9001", False),
        ("null", False),
    ],
)
def test_origins_are_compared_exactly(choosy_server, origin, may):
    assert upgraded(choosy_server.port, origin) == may


def test_a_page_may_read_what_its_origin_may(choosy_server):
    for path in ("/healthz", "/poll?rate=1000000", "/nowhere-of-post"):
        response = ask(choosy_server.port, path, Attempt(fields={"Origin": "https://app.example"}))
        if response.status == 200:
            assert response.headers["access-control-allow-origin"] == "https://app.example"
            assert response.headers["vary"] == "Origin"
    # Others get the answer, but browsers keep it from the page.
    response = ask(choosy_server.port, "/healthz", Attempt(fields={"Origin": "https://x.example"}))
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"


def preflight(port: int, origin: str, path: str = "/echo"):
    fields = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    return ask(port, path, Attempt(fields=fields), method="OPTIONS")


def test_preflight(choosy_server):
    response = preflight(choosy_server.port, "https://app.example")
    assert response.status == 204
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert "Authorization" in response.headers["access-control-allow-headers"]
    assert response.body == b""
    assert "content-length" not in response.headers, "RFC 9110 §8.6"
    refused = preflight(choosy_server.port, "https://x.example")
    assert refused.status >= 400
    assert "access-control-allow-origin" not in refused.headers


def test_preflight_comes_without_a_token(start_server, files):
    process = start_server("--tokens", str(files / "tokens"), "--allow-origin", "https://a.example")
    assert preflight(process.port, "https://a.example").status == 204
    # A page can read why it was refused.
    attempt = Attempt(fields={"Origin": "https://a.example"})
    response = ask(process.port, "/metrics", attempt)
    assert response.status == 401
    assert response.headers["access-control-allow-origin"] == "https://a.example"


def test_any_origin(start_server):
    process = start_server("--allow-origin", "*")
    for origin in ("https://x.example", "null", "http://here"):
        assert upgraded(process.port, origin)
    attempt = Attempt(fields={"Origin": "https://x.example"})
    assert ask(process.port, "/healthz", attempt).headers["access-control-allow-origin"] == "*"
    assert preflight(process.port, "https://x.example").status == 204


def test_null_must_be_named(start_server):
    process = start_server("--allow-origin", "null")
    assert upgraded(process.port, "null")
    assert not upgraded(process.port, "http://here:9001")


def test_refusals_are_counted(start_server):
    process = start_server("--allow-origin", "https://app.example")
    assert not upgraded(process.port, "https://x.example")
    text = ask(process.port, "/metrics").body.decode()
    assert 'swiftlet_handshake_failures_total{reason="origin"} 1\n' in text


@pytest.mark.parametrize(
    "origin",
    ["example.org", "https://", "https://a.example/", "https://A.example", "https://a:443", "", "a b"],
)
def test_what_no_browser_would_send_is_no_origin(origin):
    result = run_to_exit("--port", "0", "--allow-origin", origin)
    assert result.returncode == 64
    assert "--allow-origin" in result.stderr


def test_no_upgrade_for_a_token_from_a_foreign_page(start_server, files):
    process = start_server("--tokens", str(files / "tokens"), "--allow-origin", "https://a.example")
    attempt = Attempt(
        fields={"Origin": "https://x.example", "Authorization": "Bearer good-token"}
    )
    assert try_upgrade(process.port, "/echo", attempt).status == 403
