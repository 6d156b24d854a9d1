# SPDX-License-Identifier: Apache-2.0
"""URLs that `swiftlet sign` makes: whoever has one comes in where it leads, until it expires."""

import hashlib
import hmac
import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from rawsocket import TEXT, RawSocket, frame
from serverprocess import PATIENCE, binary
from ways import ask, by_authorization, target, try_upgrade, upgrade


def sign(files, *flags: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), "sign", "--signing-key", str(files / "key"), *flags],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def url(files, path: str, *flags: str) -> str:
    done = sign(files, "--project", "one", "--route", path, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n")


def signed(path, *, methods="GET", project="one", expires=None, key=b"s3cr3t", paths=None) -> str:
    """The same by the book (spec: sorted lists, backslash and n between, HMAC-SHA-256)."""
    if expires is None:
        expires = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    text = r"\n".join([paths or path, methods, project, expires])
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return (
        f"{path}?project={quote(project)}&methods={methods}&expires={expires}&signature={signature}"
    )


def test_a_signed_url_opens_a_websocket(server, files):
    with RawSocket(server.port) as connection:
        assert upgrade(connection, url(files, "/echo")).status == 101
        connection.send(frame(TEXT, b"hello"))
        connection.expect_message(TEXT, b"hello")


def test_what_else_is_in_the_query_reaches_the_route(server, files):
    address = url(files, "/push") + "&rate=5&size=16"
    with RawSocket(server.port) as connection:
        assert upgrade(connection, address).status == 101
        assert len(connection.receive_frame().payload) == 16
    assert try_upgrade(server.port, url(files, "/push") + "&rate=none").status == 400


def test_plain_routes(server, files):
    assert ask(server.port, url(files, "/metrics")).status == 200
    assert ask(server.port, url(files, "/metrics"), method="HEAD").status == 200
    address = url(files, "/echo", "--method", "POST")
    assert ask(server.port, address, method="POST", body=b"hello").body == b"hello"
    assert try_upgrade(server.port, address).status == 403  # a POST, not a GET


def test_it_is_what_the_book_says(server, files):
    made = urlsplit(url(files, "/topics/news", "--expires", "2100-01-01T02:00:00+02:00"))
    assert made.path == "/topics/news"
    expected = urlsplit(signed("/topics/news", expires="2100-01-01T00:00:00"))
    assert parse_qs(made.query) == parse_qs(expected.query)
    assert try_upgrade(server.port, signed("/topics/news")).status == 101


def test_odd_projects_survive_the_url(server, files):
    done = sign(files, "--route", "/echo", "--project", "a b&c=é%+")
    assert try_upgrade(server.port, done.stdout.strip()).status == 101


@pytest.mark.parametrize(
    "bad",
    [
        signed("/echo", key=b"other"),
        signed("/echo", paths="/stats"),
        signed("/echo", methods="POST"),
        signed("/echo")[:-1] + "x",
        signed("/echo")[:-1],
        signed("/echo").replace("project=one", "project=two"),
        signed("/echo").replace("methods=GET", "methods=GET,POST"),
        "/echo?project=one&methods=GET&expires=2100-01-01T00:00:00&signature=",
    ],
)
def test_bad_signatures(server, bad):
    response = try_upgrade(server.port, bad)
    assert response.status == 403
    assert response.body.strip()


@pytest.mark.parametrize(
    "bad",
    [
        signed("/echo", expires="2020-01-01T00:00:00"),
        signed("/echo", expires="soon"),
        signed("/echo").replace("methods=GET&", ""),
        signed("/echo") + "&signature=" + "0" * 64,
        target(signed("/echo"), by_authorization("good-token")) + "&access_token=good-token",
    ],
)
def test_expired_or_malformed(server, bad):
    assert try_upgrade(server.port, bad).status == 401


def test_capitals_in_a_signature(server):
    address = signed("/echo")
    head, signature = address.rsplit("=", 1)
    assert try_upgrade(server.port, f"{head}={signature.upper()}").status == 403


def test_no_key_lets_nobody_in(start_server, files):
    process = start_server("--tokens", str(files / "tokens"))
    assert try_upgrade(process.port, signed("/echo")).status == 403


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--queue", "q", "--route", "/echo"],
        ["--route", "echo"],
        ["--route", "/e?x=1"],
        ["--route", "/a,/b"],
        ["--route", "/echo", "--path", "claims"],
        ["--route", "/echo", "--expires", "2020-01-01T00:00:00"],
    ],
)
def test_what_cannot_be_signed(files, flags):
    done = sign(files, "--project", "one", *flags)
    assert done.returncode == 64
    assert done.stderr.startswith("swiftlet: ")


@pytest.mark.parametrize("path", ["/v2", "/"])
def test_messaging_is_not_for_a_url(server, files, path):
    """It would be all of the project's messaging, whatever methods are signed."""
    assert sign(files, "--project", "one", "--route", path).returncode == 64
    assert try_upgrade(server.port, signed(path)).status == 403


def test_a_url_for_head_alone(server, files):
    address = url(files, "/metrics", "--method", "HEAD")
    assert ask(server.port, address, method="HEAD").status == 200
    assert ask(server.port, address).status == 403
