# SPDX-License-Identifier: Apache-2.0
"""Tokens and origins as Chromium has them."""

import http.server
import threading

import pytest
from serverprocess import ServerProcess

OPEN = """
    const [url, protocols, done] = arguments;
    const socket = new WebSocket(url, protocols);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = (event) => done([event.data, socket.protocol]);
    socket.onclose = () => done(["closed", ""]);
"""

FETCH = """
    const [url, token, done] = arguments;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    fetch(url, { headers }).then((response) => done(response.status), () => done("blocked"));
"""


@pytest.fixture(scope="module")
def page():
    """A page of another origin, which is nobody's but the tests'."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as elsewhere:
        thread = threading.Thread(target=elsewhere.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{elsewhere.server_port}"
        elsewhere.shutdown()
        thread.join()


@pytest.fixture
def started(tmp_path, chromium):
    tokens = tmp_path / "tokens"
    tokens.write_text("good-token one\n")
    processes = []

    def start(*flags: str) -> ServerProcess:
        processes.append(ServerProcess("--port", "0", "--tokens", str(tokens), *flags))
        return processes[-1]

    yield start
    chromium.get("about:blank")
    for process in processes:
        process.stop()


def test_a_page_brings_its_token_as_a_subprotocol(started, chromium, page):
    process = started("--allow-origin", page)
    chromium.get(page)
    url = f"{process.url}/echo"
    run = chromium.execute_async_script
    assert run(OPEN, url, ["bearer.good-token"]) == ["hello", "bearer.good-token"]
    assert run(OPEN, url, ["chat", "bearer.good-token"]) == ["hello", "chat"]
    assert run(OPEN, url, ["bearer.bad-token"]) == ["closed", ""]
    assert run(OPEN, url, []) == ["closed", ""]
    assert run(OPEN, f"{url}?access_token=good-token", []) == ["hello", ""]


def test_a_page_of_elsewhere_does_not_get_in(started, chromium, page):
    process = started("--allow-origin", "https://elsewhere.example")
    chromium.get(page)
    closed = chromium.execute_async_script(OPEN, f"{process.url}/echo", ["bearer.good-token"])
    assert closed == ["closed", ""]


def test_a_page_may_fetch_what_its_origin_may(started, chromium, page):
    process = started("--allow-origin", page)
    strict = started("--allow-origin", "https://elsewhere.example")
    chromium.get(page)
    run = chromium.execute_async_script
    for token, status in (("good-token", 200), ("bad-token", 401), (None, 401)):
        assert run(FETCH, f"http://127.0.0.1:{process.port}/metrics", token) == status
    assert run(FETCH, f"http://127.0.0.1:{strict.port}/metrics", "good-token") == "blocked"


def test_a_page_of_anywhere_may_connect_where_none_is_named(started, chromium, page):
    process = started()
    chromium.get(page)
    opened = chromium.execute_async_script(OPEN, f"{process.url}/echo", ["bearer.good-token"])
    assert opened == ["hello", "bearer.good-token"]
