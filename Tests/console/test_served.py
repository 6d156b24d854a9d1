# SPDX-License-Identifier: Apache-2.0
"""The files as HTTP serves them."""

import json
import re
from http.client import HTTPConnection

import pytest
from websockets.sync.client import connect


@pytest.fixture
def ask(server):
    connection = HTTPConnection("127.0.0.1", server.port)

    def request(path: str, method: str = "GET", fields: dict[str, str] | None = None):
        connection.request(method, path, headers=fields or {})
        response = connection.getresponse()
        return response, response.read()

    yield request
    connection.close()


def parts(page: bytes) -> list[str]:
    return re.findall(r'(?:src|href)="(/[^"]+)"', page.decode())


def test_page(ask):
    response, page = ask("/")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert b"<title>Swiftlet console</title>" in page
    assert int(response.headers["Content-Length"]) == len(page)


def test_head(ask):
    (get, page), (head, nothing) = ask("/"), ask("/", "HEAD")
    assert head.status == 200 and nothing == b""
    for response in get, head:
        del response.headers["X-Request-ID"]  # each its own
    assert head.headers.items() == get.headers.items()


def test_page_that_has_not_changed_is_not_sent_again(ask):
    first, page = ask("/")
    tag = first.headers["ETag"]
    for method in "GET", "HEAD":
        for known in tag, f'"other", W/{tag}':
            again, nothing = ask("/", method, {"If-None-Match": known})
            assert again.status == 304 and nothing == b""
            assert again.headers["ETag"] == tag
            assert again.headers["Cache-Control"] == "no-cache"
    other, body = ask("/", "GET", {"If-None-Match": '"other"'})
    assert other.status == 200 and body == page


def test_websockets_share_the_page_s_path(ask, server):
    request = {"action": "ping", "headers": {}, "body": {}}
    with connect(f"{server.url}/") as socket:
        socket.send(json.dumps(request))
        assert json.loads(socket.recv())["headers"]["status"] == 200
    assert ask("/")[0].status == 200


def test_every_part_is_served_and_may_be_kept(ask):
    _, page = ask("/")
    names = set(parts(page))
    folder = next(name for name in names if name.endswith("/main.js")).removesuffix("main.js")
    types = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    waiting = list(names)
    size = 0
    while waiting:  # and what the modules import
        name = waiting.pop()
        response, body = ask(name)
        assert response.status == 200, name
        assert response.headers["Content-Type"] == types[name.rsplit(".")[-1]] + "; charset=utf-8"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        size += len(body)
        for module in re.findall(r'from "\./([\w.]+)"', body.decode()):
            if folder + module not in names:
                names.add(folder + module)
                waiting.append(folder + module)
    assert len(names) > 20
    assert size < 160_000  # it is for a phone too, and served as it is


def test_nothing_from_elsewhere_is_named(ask):
    _, page = ask("/")
    for text in [page] + [ask(name)[1] for name in parts(page)]:
        hosts = set(re.findall(rb"(?:https?|wss?)://([^/\"`\s]+)", text))
        # The name of SVG's vocabulary, and the URL form the page shows as an example.
        assert hosts <= {b"www.w3.org", b"127.0.0.1:9001", b"${location.host}"}, hosts


@pytest.mark.parametrize("part", ["page", "script"])
def test_policy(ask, part):
    _, page = ask("/")
    response, _ = ask("/" if part == "page" else parts(page)[-1])
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy
    directives = dict(entry.split(" ", 1) for entry in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["form-action"] == "'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_other_paths_under_the_folder(ask):
    assert ask("/console/main.js")[0].status == 404
