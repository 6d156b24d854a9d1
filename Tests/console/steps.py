# SPDX-License-Identifier: Apache-2.0
"""What a user does in the messaging tab, and waits for."""

import json

from selenium.webdriver.common.keys import Keys

ENCODINGS = ["text", "binary"]
BODY = "#messages form[data-action=message_post] textarea"


def encoding(console, kind: str) -> None:
    console.run("document.querySelector(`[name=encoding][value=${arguments[0]}]`).click()", kind)


def send(console, action: str) -> None:
    console.click(f"form[data-action={action}] button[type=submit]")


def connect(console) -> None:
    console.click("#connect")
    console.until(lambda: console.text("#state") == "connected")
    console.until_status("queue_list")


def open_queue(console, name: str) -> None:
    """Makes a queue and waits for all that follows by itself."""
    console.fill("#queue", name)
    console.press(Keys.ENTER)
    console.until(lambda: console.text("#queue-title") == name)
    console.until_status("message_list 200")


def post(console, notation: str, copies: int = 1) -> None:
    console.click("#tab-messages")
    console.fill(BODY, notation)
    count = console.find("form[data-action=message_post] .field:nth-of-type(4) input")
    count.clear()
    count.send_keys(str(copies))
    send(console, "message_post")
    console.until_status("message_post 201")


def until_bodies(console, *bodies: str) -> None:
    console.until(lambda: console.texts("#message-list td.body") == list(bodies))


def raw(console, request: dict | str) -> None:
    console.click("#tab-raw")
    text = request if isinstance(request, str) else json.dumps(request)
    console.run("document.querySelector('#raw-text').value = arguments[0]", text)
    console.click("#raw-form button[type=submit]")


def subscribe(console) -> None:
    console.click("#tab-subscriptions")
    send(console, "subscription_create")
    console.until_status("subscription_create 201")


def kinds_of(console, summary: str) -> list[str]:
    """The types of the frames whose summaries have this in them."""
    script = """
        return [...document.querySelectorAll(".frame")]
          .filter((row) => row.querySelector(".summary").textContent.includes(arguments[0]))
          .map((row) => row.querySelector(".type").textContent);
    """
    return console.run(script, summary)
