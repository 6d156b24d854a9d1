# SPDX-License-Identifier: Apache-2.0
"""Requests that two parsers could read in two ways. Each is refused, and nothing behind it is ever
interpreted: one answer comes, and then the connection ends."""

import pytest
from rawsocket import CLOSE, RawSocket, frame, upgrade_request

BEHIND = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def get(*lines: bytes, target: bytes = b"/healthz") -> bytes:
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", *lines]) + b"\r\n\r\n"


def post(*fields: bytes, body: bytes = b"") -> bytes:
    """To a path that takes bodies."""
    return b"\r\n".join([b"POST /echo HTTP/1.1", b"Host: localhost", *fields]) + b"\r\n\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
LOCAL = b"Host: localhost"

# Lengths of bodies

LENGTHS = {
    "length and chunked": post(b"Content-Length: 5", CHUNKED, body=CHUNKS),
    "chunked and length": post(CHUNKED, b"Content-Length: 5", body=CHUNKS),
    "length 0 and chunked": post(b"Content-Length: 0", CHUNKED, body=CHUNKS),
    "length and identity": post(b"Content-Length: 5", b"Transfer-Encoding: identity", body=b"hello"),
    "two lengths": post(b"Content-Length: 5", b"Content-Length: 6", body=b"hello"),
    "the same length twice": post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
    "length 0 twice": post(b"Content-Length: 0", b"Content-Length: 0"),
    **{
        f"length {value}": post(b"Content-Length: " + value, body=b"hello")
        for value in (
            *(b"+5", b"-5", b"5, 5", b"5,5", b"0, 5", b"5 5", b"0x5", b"5;", b"5.0", b"1e1", b""),
            *(b"five", b"\xef\xbc\x95", b"5\xa0", b"%35"),
        )
    },
    **{
        f"length {value}": post(b"Content-Length: %d" % value, body=b"hello")
        for value in (2**31 + 5, 2**32 + 5, 2**63 - 1, 2**63, 2**64, 2**64 + 5, 10**40)
    },
    "chunked": post(CHUNKED, body=CHUNKS),
    "chunked twice": post(CHUNKED, CHUNKED, body=CHUNKS),
    "malformed chunks": post(CHUNKED, body=b"5;\n\rhello\r\n00\r\n\r\n"),
    **{
        f"encoding {value}": post(b"Transfer-Encoding: " + value, body=CHUNKS)
        for value in (
            *(b"Chunked", b"xchunked", b"chunked, identity", b"identity, chunked", b"gzip"),
            *(b"\tchunked", b'"chunked"', b"chunked;q=1", b",chunked", b"", b"identity"),
        )
    },
    "body of a GET": get(LOCAL, b"Content-Length: 5") + b"hello",
    "chunked body of a GET": get(LOCAL, CHUNKED) + CHUNKS,
    "length 00 of a GET": get(LOCAL, b"Content-Length: 00"),
    "body where there is no path": get(LOCAL, b"Content-Length: 5", target=b"/nowhere") + b"hello",
    "body of a handshake": upgrade_request(Content_Length="5") + b"hello",
    "chunked body of a handshake": upgrade_request(Transfer_Encoding="chunked") + CHUNKS,
}

# Lines

LINES = {
    "bare LF everywhere": get(LOCAL).replace(b"\r\n", b"\n"),
    "bare LF behind the request line": get(LOCAL).replace(b"\r\n", b"\n", 1),
    "bare LF behind a field": b"GET /healthz HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n",
    "bare LF at the end": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\n",
    "bare CR in the request line": b"GET /healthz HTTP/1.1\rHost: localhost\r\n\r\n",
    "bare CR in a value": get(LOCAL, b"X: a\rY: b"),
    "bare CR in a name": get(LOCAL, b"X\rY: b"),
    "CR CR LF": get(LOCAL).replace(b"\r\n", b"\r\r\n"),
    "folded field": get(LOCAL, b"X: a", b" b"),
    "folded field, by a tab": get(LOCAL, b"X: a", b"\tb"),
    "folded length": post(b"Content-Length:", b" 5", body=b"hello"),
    "folded encoding": post(b"Transfer-Encoding:", b" chunked", body=CHUNKS),
    "folded first field": get(b" " + LOCAL),
    "space before the colon": get(b"Host : localhost"),
    "tab before the colon": get(b"Host\t: localhost"),
    "space before a length's colon": post(b"Content-Length : 5", body=b"hello"),
    "space before an encoding's colon": post(b"Transfer-Encoding : chunked", body=CHUNKS),
    "space in a name": get(LOCAL, b"X Y: z"),
    "no name": get(LOCAL, b": z"),
    "no colon": get(LOCAL, b"nonsense"),
    "NUL in a name": get(LOCAL, b"X\0: a"),
    "NUL in a value": get(LOCAL, b"X: a\0b"),
    "NUL in a length": post(b"Content-Length: 5\0", body=b"hello"),
    "NUL in the target": get(LOCAL, target=b"/health\0z"),
    "DEL in a value": get(LOCAL, b"X: a\x7fb"),
    "vertical tab in front of an encoding": post(
        b"Transfer-Encoding: \x0bchunked", body=CHUNKS
    ),
    "not ASCII in a name": get(LOCAL, "Ü: a".encode()),
    "not ASCII in the target": get(LOCAL, target="/ü".encode()),
    "tabs in the request line": get(LOCAL).replace(b" ", b"\t", 2),
    "two spaces in the request line": get(LOCAL).replace(b" ", b"  ", 1),
    "space behind the version": get(LOCAL).replace(b"1.1\r\n", b"1.1 \r\n", 1),
    "space in front of the method": b" " + get(LOCAL),
    "no method": get(LOCAL)[3:],
    "quoted method": b'"GET" /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    "HTTP/0.9": b"GET /healthz\r\n",
    "HTTP/0.9 with fields": b"GET /healthz\r\nHost: localhost\r\n\r\n",
    "HTTP/1.10": get(LOCAL).replace(b"1.1", b"1.10"),
    "http/1.1": get(LOCAL).replace(b"HTTP", b"http"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}

# Whose request it is

HOSTS = {
    "no Host": get(),
    "no Host of a body": post(b"Content-Length: 5", body=b"hello").replace(LOCAL + b"\r\n", b""),
    "two Hosts": get(LOCAL, b"Host: other"),
    "the same Host twice": get(LOCAL, LOCAL),
    **{
        f"Host {value}": get(b"Host: " + value)
        for value in (
            *(b"a b", b"a, b", b"a/b", b"user@a", b"http://a", b"a?b", b"a#b", b"a\\b", b'"a"'),
            *(b"a\xe9", b"<a>", b"a|b", b"a\tb", b"{a}"),
        )
    },
    "absolute form": get(LOCAL, target=b"http://localhost/healthz"),
    "absolute form of another host": get(LOCAL, target=b"http://other/healthz"),
    "authority form": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "relative target": get(LOCAL, target=b"healthz"),
}

VERSIONS = {
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2.0": get(LOCAL).replace(b"1.1", b"2.0"),
    "HTTP/1.2": get(LOCAL).replace(b"1.1", b"1.2"),
}


def assert_nothing_behind(port: int, shape: bytes, statuses: tuple[int, ...]) -> None:
    with RawSocket(port) as connection:
        connection.send_until_cut(shape + BEHIND * 3)
        response = connection.receive_response()
        assert response.status in statuses
        assert response.headers["connection"] == "close"
        assert response.body.strip(), "a refusal says why"
        connection.expect_eof()


@pytest.mark.parametrize("shape", LENGTHS.values(), ids=LENGTHS)
def test_doubtful_length(server, shape):
    assert_nothing_behind(server.port, shape, (400, 413))


@pytest.mark.parametrize("shape", [*LINES.values(), *HOSTS.values()], ids=[*LINES, *HOSTS])
def test_doubtful_head(server, shape):
    assert_nothing_behind(server.port, shape, (400,))


@pytest.mark.parametrize("shape", VERSIONS.values(), ids=VERSIONS)
def test_other_version(server, shape):
    assert_nothing_behind(server.port, shape, (505,))


ALL = LENGTHS | LINES | HOSTS | VERSIONS


@pytest.mark.parametrize("shape", ALL.values(), ids=ALL)
def test_byte_by_byte(server, shape):
    """What is behind is refused as well where the bytes come one at a time."""
    with RawSocket(server.port) as connection:
        for byte in shape + BEHIND:
            connection.send_until_cut(bytes([byte]))
        assert connection.receive_response().status in (400, 413, 505)
        connection.expect_eof()


@pytest.mark.parametrize("shape", ALL.values(), ids=ALL)
def test_behind_a_good_request(server, shape):
    """What comes in front on the same connection is answered, and lends no trust."""
    with RawSocket(server.port) as connection:
        connection.send_until_cut(BEHIND + shape + BEHIND)
        assert connection.receive_response().status == 200
        assert connection.receive_response().status in (400, 413, 505)
        connection.expect_eof()


def test_a_body_is_no_request(server):
    """A pipelined body that looks like a request is a body, and what follows it is a request."""
    with RawSocket(server.port) as connection:
        request = post(b"Content-Length: %d" % len(BEHIND), body=BEHIND)
        connection.send(request + request + BEHIND)
        for _ in range(2):
            assert connection.receive_response().body == BEHIND
        assert connection.receive_response().status == 200


def test_requests_behind_a_handshake_are_frames(server):
    """HTTP behind an accepted upgrade is what it is there: a breach of RFC 6455."""
    with RawSocket(server.port) as connection:
        request = upgrade_request()
        connection.send_until_cut(request + BEHIND)
        connection.check_upgraded(request)
        connection.expect_close(1002)


def test_frames_behind_a_refused_handshake_are_nothing(server):
    with RawSocket(server.port) as connection:
        connection.send_until_cut(upgrade_request("/nowhere") + frame(CLOSE) + BEHIND)
        assert connection.receive_response().status == 404
        connection.expect_eof()
