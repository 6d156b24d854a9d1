# SPDX-License-Identifier: Apache-2.0
"""Connections that end and come back, and signing in."""

import pytest
from browser import Console
from selenium.webdriver.common.keys import Keys
from serverprocess import ServerProcess
from steps import ENCODINGS, connect, encoding, open_queue, post, send


@pytest.fixture
def own_server(chromium, tmp_path):
    """Starts a server that a test may end."""
    started = []

    def start(*flags: str) -> ServerProcess:
        started.append(ServerProcess(*flags))
        return started[-1]

    yield start
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
