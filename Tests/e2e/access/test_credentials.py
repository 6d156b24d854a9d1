# SPDX-License-Identifier: Apache-2.0
"""Who may come in: each way to bring a credential, at each kind of route."""

import re

import pytest
from rawsocket import TEXT, RawSocket, frame
from serverprocess import run_to_exit, takes_jwt
from ways import (
    NOTHING,
    Attempt,
    ask,
    by_authorization,
    by_query,
    by_subprotocol,
    try_upgrade,
    upgrade,
)

WAYS = [by_authorization, by_query, by_subprotocol]
WEBSOCKETS = ["/echo", "/topics/news", "/push?rate=1", "/stats"]
PLAIN = ["/metrics", "/stats/results", "/poll?rate=1000000"]
BAD = ["bad-token", "old-token", "good-token2", "", "a.b.c"]


def assert_refused(response, *, error: bool):
    assert response.status == 401
    assert response.body.strip()
    challenge = response.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="')
    assert ('error="invalid_token"' in challenge) == error


@pytest.mark.parametrize("path", WEBSOCKETS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("token", ["good-token", "hashed-token", "other-token"])
def test_good_token_opens_a_websocket(server, way, path, token):
    assert try_upgrade(server.port, path, way(token)).status == 101


@pytest.mark.parametrize("path", WEBSOCKETS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("token", BAD)
def test_bad_token_opens_none(server, way, path, token):
    assert_refused(try_upgrade(server.port, path, way(token)), error=True)


@pytest.mark.parametrize("path", [*WEBSOCKETS, *PLAIN])
def test_nothing_proved_is_a_challenge(server, path):
    response = try_upgrade(server.port, path)
    assert_refused(response, error=False)
    assert_refused(ask(server.port, path), error=False)


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("way", [by_authorization, by_query])
def test_token_for_plain_routes(server, way, path):
    assert ask(server.port, path, way("good-token")).status == 200
    for token in BAD:
        assert_refused(ask(server.port, path, way(token)), error=True)


def test_post_is_refused_before_its_body(server):
    good = by_authorization("good-token")
    assert ask(server.port, "/echo", good, method="POST", body=b"hello").body == b"hello"
    with RawSocket(server.port) as connection:
        connection.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
        assert_refused(connection.receive_response(), error=False)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/"])
def test_open_routes_ask_for_nothing(server, path):
    assert ask(server.port, path).status == 200


def test_console_parts_are_open(server):
    page = ask(server.port, "/").body.decode()
    part = re.search(r'"(/console/[^"]+)"', page)[1]
    assert ask(server.port, part).status == 200


def test_open_routes_do_not_look_at_credentials(server):
    assert ask(server.port, "/healthz", by_authorization("bad-token")).status == 200


@pytest.mark.parametrize(
    "value", ["good-token", "Basic Z29vZA==", "Bearer", "Bearer ", "Bearer good-token x", ""]
)
def test_malformed_authorization(server, value):
    response = ask(server.port, "/metrics", Attempt(fields={"Authorization": value}))
    assert response.status == 401


def test_scheme_is_without_case(server):
    attempt = Attempt(fields={"Authorization": "bearer good-token"})
    assert ask(server.port, "/metrics", attempt).status == 200


def test_one_way_only(server):
    """RFC 6750 §2: what is said twice is refused, or two servers might hear two things."""
    twice = Attempt("access_token=good-token", {"Authorization": "Bearer good-token"})
    again = Attempt("access_token=good-token&access_token=good-token")
    for attempt in (twice, again):
        assert_refused(ask(server.port, "/metrics", attempt), error=True)
    offers = Attempt(fields={"Sec-WebSocket-Protocol": "bearer.good-token, bearer.other-token"})
    assert_refused(try_upgrade(server.port, "/echo", offers), error=True)


# Subprotocols


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("bearer.good-token", "bearer.good-token"),
        ("bearer.good-token, chat", "chat"),
        ("chat,  bearer.good-token", "chat"),
        ("chat, superchat, bearer.good-token", "chat"),
    ],
)
def test_the_answer_names_an_offered_subprotocol(server, offer, answer):
    attempt = Attempt(fields={"Sec-WebSocket-Protocol": offer})
    response = try_upgrade(server.port, "/echo", attempt)
    assert response.status == 101
    assert response.headers["sec-websocket-protocol"] == answer


def test_subprotocols_without_a_token_are_not_answered(server):
    attempt = Attempt(
        fields={"Sec-WebSocket-Protocol": "chat", "Authorization": "Bearer good-token"}
    )
    response = try_upgrade(server.port, "/echo", attempt)
    assert response.status == 101
    assert "sec-websocket-protocol" not in response.headers


def test_an_open_server_answers_the_subprotocol_too(start_server):
    """A page need not know whether the server asks for its token."""
    process = start_server()
    response = try_upgrade(process.port, "/echo", by_subprotocol("x"))
    assert response.headers["sec-websocket-protocol"] == "bearer.x"


# Rules for routes


def test_levels(start_server, files):
    process = start_server(
        "--tokens", str(files / "tokens"),
        "--access", "/metrics=open", "--access", "/topics/=open", "--access", "/topics/staff=token",
        "--access", "/healthz=token", "--access", "/echo=optional",
    )  # fmt: skip
    port = process.port
    assert ask(port, "/metrics", by_authorization("bad-token")).status == 200
    assert try_upgrade(port, "/topics/news").status == 101
    assert try_upgrade(port, "/topics/staff").status == 401
    assert try_upgrade(port, "/topics/staff", by_query("good-token")).status == 101
    assert ask(port, "/healthz").status == 401
    assert try_upgrade(port, "/echo").status == 101
    assert try_upgrade(port, "/echo", by_query("bad-token")).status == 401
    assert ask(port, "/stats/results").status == 401


def test_an_open_server_asks_nobody(start_server):
    process = start_server()
    assert ask(process.port, "/metrics").status == 200
    assert try_upgrade(process.port, "/echo", by_authorization("anything")).status == 101


def test_a_refusal_touches_nobody_else(server):
    with RawSocket(server.port) as connection:
        assert upgrade(connection, "/echo", by_authorization("good-token")).status == 101
        for _ in range(20):
            assert_refused(try_upgrade(server.port, "/echo", NOTHING), error=False)
        connection.send(frame(TEXT, b"still here"))
        connection.expect_message(TEXT, b"still here")


def test_refusals_are_counted_by_reason(start_server, files):
    process = start_server("--tokens", str(files / "tokens"))
    for token in ("bad-token", "bad-token", "old-token"):
        try_upgrade(process.port, "/echo", by_authorization(token))
    try_upgrade(process.port, "/echo")
    text = ask(process.port, "/metrics", by_authorization("good-token")).body.decode()
    for reason, count in (("unknown", 2), ("expired", 1), ("missing", 1), ("url_signature", 0)):
        line = f'swiftlet_credentials_refused_total{{reason="{reason}"}} {count}\n'
        assert line in text
    assert 'swiftlet_handshake_failures_total{reason="authentication"} 4\n' in text


@pytest.mark.skipif(takes_jwt(), reason="built with the package trait JWT")
def test_a_build_without_json_web_tokens_says_so():
    result = run_to_exit("--port", "0", "--jwt-keys", "/dev/null")
    assert result.returncode == 65
    assert "build it with the package trait JWT" in result.stderr
