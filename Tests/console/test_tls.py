# SPDX-License-Identifier: Apache-2.0
"""https and wss with a certificate made for the test, in Chromium."""

import pytest
from browser import Console, start_chromium
from certificates import make_identity
from serverprocess import ServerProcess
from steps import connect

ECHO = """
const [url, size, done] = arguments;
const socket = new WebSocket(url);
socket.binaryType = "arraybuffer";
const sent = crypto.getRandomValues(new Uint8Array(size));
socket.onopen = () => { socket.send("Grüße"); socket.send(sent); };
const replies = [];
socket.onmessage = (message) => {
  replies.push(message.data);
  if (replies.length < 2) return;
  const back = new Uint8Array(replies[1]);
  const same = back.length === sent.length && back.every((byte, index) => byte === sent[index]);
  socket.onclose = (event) => done([replies[0], same, event.code, event.wasClean]);
  socket.close(1000);
};
socket.onerror = () => done("error");
"""


@pytest.fixture
def secure_server(tmp_path):
    process = ServerProcess("--port", "0", *make_identity(tmp_path).flags)
    yield process
    process.stop()


@pytest.fixture
def believing_chromium():
    driver = start_chromium(believes_anyone=True)
    yield driver
    driver.quit()


@pytest.mark.parametrize("size", [20, 65536])
def test_echo_by_wss(secure_server, believing_chromium, size):
    page = Console(believing_chromium, f"https://localhost:{secure_server.port}/")
    assert page.run("return isSecureContext")
    url = f"wss://localhost:{secure_server.port}/echo"
    reply = believing_chromium.execute_async_script(ECHO, url, size)
    assert reply == ["Grüße", True, 1000, True]


def test_the_page_connects_by_wss(secure_server, believing_chromium):
    page = Console(believing_chromium, f"https://localhost:{secure_server.port}/")
    page.requests()
    connect(page)
    assert f"wss://localhost:{secure_server.port}" in " ".join(page.requests())
