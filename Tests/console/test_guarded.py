# SPDX-License-Identifier: Apache-2.0
"""Images and metrics of a server that lets nobody in without a token."""

import pytest
from browser import Console
from looks import faint_text, page_width
from selenium.webdriver.common.keys import Keys
from serverprocess import ServerProcess

TOKEN = "t0ken+of~demo"
UNFIT = "gruß/demo="  # for a subprotocol
ASKED = "This server asks for a token: enter one above and sign in."


@pytest.fixture(scope="module")
def guarded_server(chromium, tmp_path_factory):
    tokens = tmp_path_factory.mktemp("access") / "tokens"
    tokens.write_text(f"{TOKEN} demo\n{UNFIT} demo\n")
    process = ServerProcess("--port", "0", "--tokens", str(tokens))
    yield process
    chromium.get("about:blank")  # or the page would complain of the server's end to the next test
    process.stop()


@pytest.fixture
def guarded(guarded_server, chromium):
    return Console(chromium, f"http://127.0.0.1:{guarded_server.port}/")


def sign_in(console, token: str) -> None:
    console.fill("#token", token)
    console.press(Keys.ENTER)


def until_charts(console) -> None:
    console.click("#tab-metrics")
    console.until(lambda: any(text[:4] == "all " and text[4:].isdigit() for text in console.texts(".legend")))
    assert console.text("#metrics-note") == ""


def until_told(console, words: str) -> None:
    """In both panes."""
    console.click("#tab-metrics")
    console.until(lambda: words in console.text("#metrics-note"))
    assert faint_text(console) == []
    console.click("#tab-images")
    console.click("#sample")
    console.until(lambda: words in console.text("#image-note"))
    assert faint_text(console) == []
    assert not console.find("#image-result").is_displayed()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_token_the_page_says_what_to_do(guarded, scheme):
    guarded.prefer(scheme)
    until_told(guarded, ASKED)


def test_who_is_refused_does_not_ask_again(guarded):
    guarded.until(lambda: guarded.text("#metrics-note") == ASKED)
    guarded.drain_logs()
    guarded.driver.execute_async_script("setTimeout(arguments[0], 2500)")
    assert guarded.requests() == []


def test_with_a_token_all_is_shown(guarded):
    """Also by keyboard alone, and without a connection for messaging."""
    guarded.until(lambda: guarded.text("#metrics-note") == ASKED)
    guarded.drain_logs()
    guarded.tab_to("#token")
    guarded.press(*TOKEN, Keys.ENTER)
    guarded.until_status("Images and metrics are asked for with this token now")
    until_charts(guarded)
    guarded.click("#tab-images")
    guarded.click("#sample")
    guarded.until(lambda: "Answered in" in guarded.text("#image-note"))
    assert len(guarded.all("#statistics dd")) == 4
    urls = guarded.requests()
    assert any("/stats?" in url for url in urls) and any("/metrics" in url for url in urls)
    assert not any("t0ken" in url for url in urls)
    assert "t0ken" not in guarded.run("return document.body.textContent + JSON.stringify(sessionStorage)")
    assert guarded.complaints() == []


def test_a_wrong_token_is_told_and_can_be_mended(guarded):
    sign_in(guarded, "wrong")
    until_told(guarded, "The server does not accept this token. It says: “The token is not known.”")
    sign_in(guarded, TOKEN)
    until_charts(guarded)


def test_a_token_that_no_subprotocol_can_be(guarded):
    sign_in(guarded, UNFIT)
    until_charts(guarded)
    guarded.click("#tab-images")
    guarded.click("#sample")
    guarded.until(lambda: "cannot send this one with a WebSocket" in guarded.text("#image-note"))
    guarded.resize(360, 740)
    assert page_width(guarded) <= 360


@pytest.mark.parametrize("token", [TOKEN, UNFIT])
def test_a_token_is_no_hindrance_where_none_is_asked_for(console, token):
    sign_in(console, token)
    until_charts(console)
    console.click("#tab-images")
    console.click("#sample")
    console.until(lambda: "Answered in" in console.text("#image-note"))


def test_messaging_is_signed_in_when_it_connects(guarded):
    sign_in(guarded, TOKEN)
    guarded.click("#connect")
    guarded.until_status("queue_list 200")
    guarded.click("#connect")
    guarded.until_status("Disconnected.")
