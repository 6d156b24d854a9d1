# SPDX-License-Identifier: Apache-2.0
"""Breaches of RFC 6455: each ends in a close frame with its code, then in the end of TCP."""

import pytest
from rawsocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawSocket,
    close_payload,
    frame,
    frame_header,
    upgrade_request,
)

PROTOCOL_ERROR, NOT_UTF8 = 1002, 1007

INVALID_CODES = [0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
# RFC 6455 §7.4.1, the IANA registry (1012 to 1014) and the ranges of §7.4.2.
VALID_CODES = [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999]

INVALID_UTF8 = {
    "lone continuation": b"ab\x80cd",
    "overlong of two": b"ab\xc0\xafcd",
    "overlong of three": b"ab\xe0\x80\xafcd",
    "overlong of four": b"ab\xf0\x80\x80\xafcd",
    "surrogate": b"ab\xed\xa0\x80cd",
    "beyond U+10FFFF": b"ab\xf4\x90\x80\x80cd",
    "five byte form": b"ab\xf8\x88\x80\x80\x80cd",
    "0xff": b"ab\xffcd",
    "missing continuation": b"ab\xe2\x82cd",
    "cut at the end": b"ab\xe2\x82",
    "after much ASCII": b"a" * 1000 + b"\xff" + b"a" * 1000,
}

BREACHES = {
    "unmasked frame": frame(TEXT, b"hello", masked=False),
    "unmasked control frame": frame(PING, b"hello", masked=False),
    **{f"RSV {rsv:03b}": frame(TEXT, b"hello", rsv=rsv) for rsv in range(1, 8)},
    **{f"RSV {rsv:03b} on ping": frame(PING, b"hello", rsv=rsv) for rsv in (1, 2, 4)},
    **{f"opcode {code:#x}": frame(code, b"x") for code in [*range(3, 8), *range(0xB, 0x10)]},
    **{
        f"control frame {code:#x} over 125": frame(code, close_payload(1000) + b"x" * 124)
        for code in (CLOSE, PING, PONG)
    },
    **{
        f"fragmented control frame {code:#x}": frame(code, close_payload(1000), fin=False)
        for code in (CLOSE, PING, PONG)
    },
    "stray continuation": frame(CONTINUATION, b"x"),
    "stray continuation after a message": frame(TEXT, b"", fin=False)
    + frame(CONTINUATION)
    + frame(CONTINUATION),
    "text inside a fragmented message": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "binary inside a fragmented message": frame(BINARY, b"a", fin=False)
    + frame(BINARY, b"b", fin=False),
    "16-bit length of 125": frame(BINARY, b"x" * 125, length_bytes=2),
    "16-bit length of 0": frame(BINARY, b"", length_bytes=2),
    "64-bit length of 65535": frame(BINARY, b"x" * 65535, length_bytes=8),
    "64-bit length of 5": frame(BINARY, b"hello", length_bytes=8),
    "64-bit length with the top bit": frame_header(BINARY, (1 << 63) + 5, mask=b"mask"),
    "close payload of one byte": frame(CLOSE, b"\x03"),
    **{f"close code {code}": frame(CLOSE, close_payload(code)) for code in INVALID_CODES},
}


@pytest.mark.parametrize("breach", BREACHES)
def test_breach_closes_with_1002(connect, breach):
    connection = connect()
    connection.send(BREACHES[breach])
    # "stray continuation after a message" holds one good message before it goes wrong.
    if breach == "stray continuation after a message":
        connection.expect_message(TEXT, b"")
    connection.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("breach", BREACHES)
def test_what_came_before_is_answered_first(connect, breach):
    """All in one send, so that the server reads the good and the bad together."""
    connection = connect()
    before = frame(TEXT, b"first") + frame(PING, b"second") + frame(BINARY, b"third" * 100)
    connection.send(before + BREACHES[breach])
    connection.expect_message(TEXT, b"first")
    connection.expect_pong(b"second")
    connection.expect_message(BINARY, b"third" * 100)
    if breach == "stray continuation after a message":
        connection.expect_message(TEXT, b"")
    connection.expect_close(PROTOCOL_ERROR)


def test_nothing_after_a_breach_is_answered(connect):
    connection = connect()
    connection.send(frame(3) + frame(TEXT, b"too late") + frame(PING, b"too late"))
    connection.expect_close(PROTOCOL_ERROR)


def test_breach_with_the_handshake_in_one_send(server):
    with RawSocket(server.port) as connection:
        request = upgrade_request()
        connection.send(request + frame(TEXT, b"masked") + frame(TEXT, b"bare", masked=False))
        connection.check_upgraded(request)
        connection.expect_message(TEXT, b"masked")
        connection.expect_close(PROTOCOL_ERROR)


def test_breach_while_the_client_sends_on(connect):
    """Megabytes after the breach must not turn the close frame into a reset."""
    connection = connect()
    connection.send_until_cut(frame(3) + frame(BINARY, bytes(4 << 20)))
    connection.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("payload", INVALID_UTF8.values(), ids=INVALID_UTF8)
def test_text_that_is_not_utf8(connect, payload):
    connection = connect()
    connection.send(frame(TEXT, payload))
    connection.expect_close(NOT_UTF8)


@pytest.mark.parametrize("payload", INVALID_UTF8.values(), ids=INVALID_UTF8)
def test_fragmented_text_that_is_not_utf8(connect, payload):
    connection = connect()
    pieces = [frame(CONTINUATION, bytes([byte]), fin=False) for byte in payload]
    connection.send(frame(TEXT, b"", fin=False) + b"".join(pieces) + frame(CONTINUATION))
    connection.expect_close(NOT_UTF8)


def test_invalid_fragment_fails_before_the_message_ends(connect):
    connection = connect()
    connection.send(frame(TEXT, b"fine", fin=False) + frame(CONTINUATION, b"\xff", fin=False))
    connection.expect_close(NOT_UTF8)


@pytest.mark.parametrize("length", [100, 100_000, 10_000_000])
def test_invalid_bytes_fail_before_the_frame_ends(connect, length):
    connection = connect()
    key = b"\0\0\0\0"
    connection.send(frame_header(TEXT, length, mask=key) + b"fine so far \xed\xa0\x80")
    connection.expect_close(NOT_UTF8)


def test_incomplete_character_waits_for_the_rest_of_the_frame(connect):
    connection = connect()
    key = b"\0\0\0\0"
    euro = "€".encode()
    connection.send(frame_header(TEXT, 6, mask=key) + euro + euro[:2])
    connection.send(euro[2:])
    connection.expect_message(TEXT, euro * 2)


@pytest.mark.parametrize("reason", [b"\xff", b"caf\xc3", b"\xed\xa0\x80", b"x" * 120 + b"\xe2\x82"])
def test_close_reason_that_is_not_utf8(connect, reason):
    connection = connect()
    connection.send(frame(CLOSE, close_payload(1000, reason)))
    connection.expect_close(NOT_UTF8)


@pytest.mark.parametrize("code", VALID_CODES)
@pytest.mark.parametrize("reason", [b"", "auf Wiedersehen, tschüß".encode(), b"x" * 123])
def test_valid_close_code_is_echoed(connect, code, reason):
    connection = connect()
    connection.send(frame(CLOSE, close_payload(code, reason)))
    connection.expect_close(code)


def test_close_without_code(connect):
    connection = connect()
    connection.send(frame(CLOSE))
    got = connection.receive_frame()
    assert got.opcode == CLOSE
    assert got.payload in (b"", close_payload(1000))
    connection.expect_eof()


def test_close_inside_a_fragmented_message(connect):
    connection = connect()
    connection.send(frame(TEXT, b"never finished", fin=False) + frame(CLOSE, close_payload(1000)))
    connection.expect_close(1000)


def test_nothing_is_answered_after_close(connect):
    connection = connect()
    # In one send: a server that has ended the connection may answer what comes later by a reset.
    ending = frame(TEXT, b"last") + frame(CLOSE, close_payload(1000))
    connection.send(ending + frame(TEXT, b"after") + frame(PING, b"after"))
    connection.expect_message(TEXT, b"last")
    connection.expect_close(1000)
