# SPDX-License-Identifier: Apache-2.0
"""What nobody reads in a log, however much is logged."""

from rawsocket import CLOSE, RawSocket, close_payload, frame
from serverprocess import ServerProcess
from ways import ask, by_authorization, by_query, by_subprotocol, try_upgrade, upgrade


def test_no_secret_is_logged(files, watch):
    flags = ["--tokens", str(files / "tokens"), "--signing-key", str(files / "key")]
    process = ServerProcess("--port", "0", "--log-level", "trace", *flags)
    watch(process)
    try:
        for token in ("good-token", "old-token", "never-heard-of"):
            for way in (by_authorization, by_query, by_subprotocol):
                for path in ("/echo", "/v2", "/nowhere"):
                    try_upgrade(process.port, path, way(token))
                    ask(process.port, path, way(token))
        with RawSocket(process.port) as connection:
            upgrade(connection, "/echo", by_query("good-token"))
            connection.send(b"\xff\xff")  # a breach of the protocol
            connection.expect_close_frame(1002)
        with RawSocket(process.port) as connection:
            upgrade(connection, "/v2", by_query("good-token"))
            connection.send(frame(CLOSE, close_payload(1000)))
            connection.expect_close(1000)
        url = "/echo?project=p&methods=GET&expires=2100-01-01T00:00:00&signature=abcdef0123"
        assert try_upgrade(process.port, url).status == 403
        with RawSocket(process.port) as connection:
            connection.send(b"GET /echo?access_token=never-heard-of\x01 HTTP/1.1\r\nHost: h\r\n\r\n")
            connection.receive_response()
        process.stop()
    finally:
        if process.running:
            process.kill()
    log = process.stderr()
    for secret in ("good-token", "old-token", "never-heard-of", "s3cr3t", "abcdef0123"):
        assert secret not in log
