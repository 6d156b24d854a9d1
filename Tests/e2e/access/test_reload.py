# SPDX-License-Identifier: Apache-2.0
"""Tokens and keys read anew on SIGHUP, with nobody thrown out."""

import signal

from rawsocket import TEXT, RawSocket, frame
from serverprocess import eventually
from test_signed_urls import signed
from ways import by_authorization, try_upgrade, upgrade


def opens(port: int, token: str) -> bool:
    return try_upgrade(port, "/echo", by_authorization(token)).status == 101


def test_tokens_are_read_anew(start_server, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("first one\n")
    process = start_server("--tokens", str(tokens))
    with RawSocket(process.port) as connection:
        assert upgrade(connection, "/echo", by_authorization("first")).status == 101
        tokens.write_text("second one\n")
        assert not opens(process.port, "second")
        process.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: opens(process.port, "second"))
        assert not opens(process.port, "first")
        connection.send(frame(TEXT, b"still here"))
        connection.expect_message(TEXT, b"still here")

        # What cannot be read changes nothing.
        tokens.write_text("no project here either way, too many words\n")
        process.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "the token file stays as it was" in process.stderr())
        assert opens(process.port, "second")
        connection.send(frame(TEXT, b"still here"))
        connection.expect_message(TEXT, b"still here")


def test_the_last_token_can_be_withdrawn(start_server, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("first one\n")
    process = start_server("--tokens", str(tokens))
    assert opens(process.port, "first")
    tokens.write_text("# nobody\n")
    process.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: not opens(process.port, "first"))


def test_the_signing_key_is_read_anew(start_server, tmp_path):
    key = tmp_path / "key"
    key.write_text("s3cr3t")
    process = start_server("--signing-key", str(key))
    assert try_upgrade(process.port, signed("/echo")).status == 101
    key.write_text("another")
    process.process.send_signal(signal.SIGHUP)
    renewed = signed("/echo", key=b"another")
    assert eventually(lambda: try_upgrade(process.port, renewed).status == 101)
    assert try_upgrade(process.port, signed("/echo")).status == 403
