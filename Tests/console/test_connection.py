# SPDX-License-Identifier: Apache-2.0
"""Connections that end and come back, and signing in."""

import json
import uuid

import pytest
from browser import Console
from cable import Cable
from selenium.webdriver.common.keys import Keys
from serverprocess import ServerProcess
from steps import ENCODINGS, connect, encoding, open_queue, post, send
from websockets.sync.client import connect as open_socket


@pytest.fixture
def own_server(chromium, tmp_path):
    """Starts a server that a test may end."""
    started = []

    def start(*flags: str) -> ServerProcess:
        started.append(ServerProcess(*flags))
        return started[-1]

    yield start
    chromium.get("about:blank")  # or the page would complain of the server's end to the next test
    for process in started:
        if process.running:
            process.stop()


def console_of(process: ServerProcess, chromium):
    return Console(chromium, f"http://127.0.0.1:{process.port}/")


def test_reconnects_and_subscribes_again(own_server, chromium):
    first = own_server("--port", "0")
    console = console_of(first, chromium)
    console.click("#reconnect")
    connect(console)
    open_queue(console, "again")
    console.click("#tab-subscriptions")
    send(console, "subscription_create")
    console.until_status("subscription_create 201")
    first.stop()
    console.until(lambda: console.text("#state") == "trying again")
    own_server("--port", str(first.port))
    console.until(lambda: console.text("#state") == "connected")
    console.until_status("subscription_create 201")
    post(console, '"after"')
    console.until(lambda: console.text("#notification-count") == "1")
    console.complaints()  # of the attempts that failed


@pytest.fixture
def cable(server, chromium):
    cable = Cable(server.port)
    yield cable
    chromium.get("about:blank")
    cable.cut()


@pytest.mark.parametrize("pattern", [False, True])
def test_what_was_missed_is_told_after_a_reconnect(server, chromium, cable, pattern):
    console = Console(chromium, f"http://127.0.0.1:{cable.port}/")
    name = f"missed-{pattern}"
    console.click("#reconnect")
    connect(console)
    open_queue(console, name)
    console.click("#tab-subscriptions")
    if pattern:
        console.fill("form[data-action=subscription_create] [name=queue_names]", "missed-T*, other")
    console.click("form[data-action=subscription_create] [name=ids]")
    send(console, "subscription_create")
    console.until_status("subscription_create 201")
    post(console, "1")
    console.until(lambda: console.texts("#notifications code") == ["1"])

    cable.cut()
    console.until(lambda: console.text("#state") == "trying again")
    assert "Trying again in" in console.text("#status")
    post_elsewhere(server, name, [2, 3])
    cable.mend()
    console.until(lambda: console.texts("#notifications code") == ["3", "2", "1"])
    post(console, "4")
    console.until(lambda: console.texts("#notifications code") == ["4", "3", "2", "1"])
    console.complaints()  # of the attempts that failed


def post_elsewhere(server, queue: str, bodies: list) -> None:
    headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": "demo"}
    body = {"queue_name": queue, "messages": [{"body": body} for body in bodies]}
    with open_socket(f"{server.url}/v2") as peer:
        peer.send(json.dumps({"action": "message_post", "headers": headers, "body": body}))
        assert json.loads(peer.recv())["headers"]["status"] == 201


def test_end_of_the_server_is_said(own_server, chromium):
    process = own_server("--port", "0")
    console = console_of(process, chromium)
    connect(console)
    process.stop()
    console.until_status("1001: The server is going away")
    assert console.text("#state") == "not connected"
    console.complaints()


@pytest.fixture
def guarded(own_server, chromium, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("t0ken-of-demo demo\n")
    return console_of(own_server("--port", "0", "--tokens", str(tokens)), chromium)


@pytest.mark.parametrize("kind", ENCODINGS)
def test_sign_in(guarded, kind):
    encoding(guarded, kind)
    guarded.click("#connect")
    guarded.until_status("403: This server wants you to sign in")
    guarded.fill("#token", "wrong")
    guarded.press(Keys.ENTER)
    guarded.until_status("The server does not accept this token.")
    guarded.fill("#token", "t0ken-of-demo")
    guarded.press(Keys.ENTER)
    guarded.until_status("queue_list 200")
    guarded.fill("#project", "another")
    guarded.click("#list-queues")
    guarded.until_status("403: The token is for another project than the one above.")
    guarded.run("sessionStorage.clear()")


def test_token_is_in_no_frame(guarded):
    guarded.click("#connect")
    guarded.until_status("403")
    guarded.fill("#token", "t0ken-of-demo")
    guarded.press(Keys.ENTER)
    guarded.until_status("queue_list 200")
    guarded.fill("#filter", "authenticate")
    guarded.until(lambda: len(guarded.all(".frame")) == 2)
    request, response = guarded.all(".frame")
    request.click()
    assert f'X-Auth-Token: "{"*" * len("t0ken-of-demo")}"' in guarded.find("#frame").text
    response.click()
    assert "t0ken" not in guarded.run("return document.body.textContent")
