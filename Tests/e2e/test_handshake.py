# SPDX-License-Identifier: Apache-2.0
"""The opening handshake and the HTTP around it, good and bad."""

import select

import pytest
from rawsocket import PATIENCE, TEXT, RawSocket, accept_of, frame, upgrade_request


@pytest.fixture
def http(server):
    with RawSocket(server.port) as connection:
        yield connection


def refused(http: RawSocket, request: bytes):
    """The response to a request that ends the connection in order."""
    http.send(request)
    response = http.receive_response()
    assert response.body.strip(), "a refusal says why"
    return response


def test_upgrade(http):
    request = upgrade_request()
    http.send(request)
    response = http.check_upgraded(request)
    for unasked in ("sec-websocket-extensions", "sec-websocket-protocol"):
        assert unasked not in response.headers


def test_accept_key_of_the_rfc(http):
    request = upgrade_request(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")  # RFC 6455 §1.3
    assert accept_of(request) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    http.send(request)
    http.check_upgraded(request)


@pytest.mark.parametrize(
    "replaced",
    [
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive,upgrade"},
        {"Upgrade": "h2c, websocket"},
        {"Origin": "null"},
        {"Sec_WebSocket_Extensions": "permessage-bogus; x=1"},
        {"Cookie": "a=b; c=" + "d" * 2000},
    ],
    ids=str,
)
def test_upgrade_in_other_words(http, replaced):
    request = upgrade_request(**replaced)
    http.send(request)
    http.check_upgraded(request)


def test_field_names_in_any_case(http):
    request = upgrade_request()
    http.send(request.replace(b"Sec-WebSocket-Version", b"sec-websocket-VERSION"))
    http.check_upgraded(request)


def test_first_frames_in_the_same_send(http):
    request = upgrade_request()
    http.send(request + frame(TEXT, b"early") + frame(TEXT, b"bird"))
    http.check_upgraded(request)
    http.expect_message(TEXT, b"early")
    http.expect_message(TEXT, b"bird")


@pytest.mark.parametrize("version", ["8", "12", "14", "0", "13, 8", "abc"])
def test_wrong_version_is_426(http, version):
    response = refused(http, upgrade_request(Sec_WebSocket_Version=version))
    assert response.status == 426
    assert response.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        "dGhlIHNhbXBsZSBub25jZQ",  # not padded
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZSE=",  # 17 bytes
        "dGhlIHNhbXBsZSBub25j",  # 15 bytes
        "dGhlIHNhbXBsZSBub2*jZQ==",
        "x" * 500,
    ],
)
def test_bad_key_is_400(http, key):
    assert refused(http, upgrade_request(Sec_WebSocket_Key=key)).status == 400


def test_missing_key_is_400(http):
    assert refused(http, upgrade_request(drop=("Sec-WebSocket-Key",))).status == 400


def test_two_keys_are_400(http):
    again = b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    assert refused(http, upgrade_request()[:-4] + again).status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD"])
def test_wrong_method_is_405(http, method):
    http.send(upgrade_request().replace(b"GET", method.encode(), 1))
    response = http.receive_response(to_head=method == "HEAD")
    assert response.status == 405
    assert "GET" in response.headers["allow"]


def test_plain_get_of_a_websocket_route_is_refused(http):
    http.send(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert http.receive_response().status in (400, 426)


@pytest.mark.parametrize("path", ["/nowhere", "/echo/", "/echoo", "/ECHO", "/stats/none"])
def test_unknown_path_is_404(server, path):
    with RawSocket(server.port) as plain, RawSocket(server.port) as upgrading:
        assert plain.get(path).status == 404
        assert refused(upgrading, upgrade_request(path)).status == 404


MALFORMED = {
    "missing Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bare LF": b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
    "bare LF in a field": b"GET /healthz HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n",
    "bare CR": b"GET /healthz HTTP/1.1\r\nHost: local\rhost\r\n\r\n",
    "space before the colon": b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "folded field": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "folded first field": b"GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "NUL in a value": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
    "NUL in the path": b"GET /health\0z HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "NUL in a name": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX\0: a\r\n\r\n",
    "no colon": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n",
    "empty name": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
    "no version": b"GET /healthz\r\nHost: localhost\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "two spaces": b"GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "lower-case version": b"GET /healthz http/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_malformed_head_is_400(http, request_):
    response = refused(http, request_)
    assert response.status == 400
    http.expect_eof()


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: gzip\r\n",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_body_of_doubtful_length_ends_the_connection(http, method, fields):
    """Nothing in or after such a body may pass for a second request (RFC 9112 §6.3)."""
    http.send(method + b" /healthz HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n")
    http.send_until_cut(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    response = http.receive_response()
    assert response.status in (400, 405, 413, 501)
    assert response.headers["connection"] == "close"
    http.expect_eof()


def test_malformed_upgrade_is_400(server):
    whole = upgrade_request()
    for bad in (
        upgrade_request(drop=("Host",)),
        whole.replace(b"\r\n", b"\n"),
        whole.replace(b"Upgrade: ", b"Upgrade : "),
        whole.replace(b"Upgrade: websocket", b"Upgrade:\r\n websocket"),
        whole.replace(b"Host: localhost", b"Host: local\0host"),
        whole.replace(b"HTTP/1.1", b"HTTP/1.0"),  # RFC 6455 §4.2.1: 1.1 or higher
    ):
        with RawSocket(server.port) as connection:
            assert refused(connection, bad).status == 400, bad


def test_other_http_version_is_505(http):
    assert refused(http, b"GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n").status == 505


@pytest.mark.parametrize(
    "fields",
    [
        b"X: " + b"x" * 200_000 + b"\r\n",
        b"".join(b"X%d: y\r\n" % number for number in range(10_000)),
    ],
    ids=["one long field", "many fields"],
)
def test_head_too_large_is_431(http, fields):
    http.send_until_cut(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n")
    assert http.receive_response().status == 431


def test_endless_request_line_is_cut(http):
    http.send_until_cut(b"GET /" + b"x" * 1_000_000)
    assert http.receive_response().status in (414, 431)


@pytest.mark.parametrize("start", [b"", b"G", upgrade_request()[:-2]], ids=["nothing", "G", "head"])
def test_slow_loris_is_cut(start_server, start):
    process = start_server("--handshake-timeout", "250ms")
    with RawSocket(process.port) as witness, RawSocket(process.port) as slow:
        witness.upgrade()
        slow.send(start)
        # A 408 may come first, or nothing; then the end.
        while slow.socket.recv(4096):
            pass
        witness.send(frame(TEXT, b"a finished handshake is not cut"))
        witness.expect_message(TEXT, b"a finished handshake is not cut")


def test_trickled_bytes_do_not_extend_the_deadline(start_server):
    process = start_server("--handshake-timeout", "250ms")
    with RawSocket(process.port) as slow:
        slow.send(b"GET /echo HTTP/1.1\r\nX: ")
        for _ in range(int(PATIENCE / 0.05)):
            # Waits for an answer, and takes its absence for leave to send the next byte.
            if select.select([slow.socket], [], [], 0.05)[0]:
                break
            slow.send(b"x")
        else:
            pytest.fail("the connection was never cut")


def test_keep_alive(http):
    first, second = http.get("/healthz"), http.get("/healthz")
    assert first.status == second.status == 200
    assert first.body == second.body


def test_pipelined_requests_are_answered_in_order(http):
    paths = ["/healthz", "/metrics", "/readyz", "/stats/results", "/healthz"]
    http.send(b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode() for path in paths))
    responses = [http.receive_response() for _ in paths]
    assert [response.status for response in responses] == [200] * len(paths)
    assert responses[0].body == responses[-1].body != responses[1].body


def test_error_says_whether_the_connection_ends(http):
    if http.get("/nowhere").headers.get("connection") == "close":
        http.expect_eof()
    else:
        assert http.get("/healthz").status == 200


def test_upgrade_after_a_plain_request(http):
    assert http.get("/healthz").status == 200
    http.upgrade()
    http.send(frame(TEXT, b"upgraded"))
    http.expect_message(TEXT, b"upgraded")


def test_connection_close_is_honoured(http):
    http.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    response = http.receive_response()
    assert response.status == 200
    assert response.headers["connection"] == "close"
    http.expect_eof()


def test_http_1_0_closes_by_default(http):
    http.send(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert http.receive_response().status == 200
    http.expect_eof()


def test_head_has_the_fields_and_no_body(http):
    full = http.get("/healthz")
    http.send(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = http.receive_response(to_head=True)
    assert head.status == 200
    assert head.headers["content-length"] == str(len(full.body))
    assert http.get("/healthz").status == 200  # right after the head, so no body came


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/stats/results"])
def test_post_is_405(http, path):
    http.send(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi".encode())
    response = http.receive_response()
    assert response.status == 405
    assert "GET" in response.headers["allow"]


def test_byte_by_byte_head_cut_everywhere(server):
    """Every place where a request can be split between two reads."""
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with RawSocket(server.port) as connection:
        for cut in range(1, len(request)):
            for piece in (request[:cut], request[cut:]):
                connection.send(piece)
            assert connection.receive_response().status == 200
