# SPDX-License-Identifier: Apache-2.0
"""What a message holds is shown whole, as text and within the page, whoever posted it."""

import json

import pytest
from looks import faint_text, page_width
from selenium.webdriver.common.keys import Keys
from steps import ENCODINGS, encoding, kinds_of, post, raw, send, subscribe, until_bodies

MARKUP = """</code><img src=x onerror="document.title='run'"><script>document.title = 'run'</script>"""
SHOWN = "#messages, #notifications, #response, #frames, #frame, #status"


def test_binary_notification_of_a_post_in_text(connected, queue):
    encoding(connected, "binary")
    subscribe(connected)
    encoding(connected, "text")
    post(connected, '{"greeting": "grüß dich", "n": 1}')
    connected.until(lambda: len(connected.all("#notifications li")) == 1)
    assert connected.texts("#notifications .type") == ["binary"]
    assert connected.texts("#notifications strong") == [queue]
    assert connected.texts("#notifications code") == ['{"greeting":"grüß dich","n":1}']

    connected.fill("#filter", "Notification of")
    connected.until(lambda: len(connected.all(".frame")) == 1)
    connected.click(".frame")
    detail = connected.find("#frame").text
    assert "received · binary" in detail
    assert 'greeting: "grüß dich"' in detail and 'Message_Type: "Notification"' in detail
    assert connected.text("#frame .dump").startswith("000000  84 ")


@pytest.mark.parametrize("kind", ENCODINGS)
def test_markup_is_text(connected, queue, kind):
    encoding(connected, kind)
    subscribe(connected)
    body = json.dumps({MARKUP: MARKUP})
    post(connected, body)
    send(connected, "message_list")
    shown = json.dumps({MARKUP: MARKUP}, separators=(",", ":"))
    until_bodies(connected, shown)
    connected.until(lambda: connected.texts("#notifications code") == [shown])
    connected.run("document.querySelectorAll('#response details').forEach((d) => (d.open = true))")
    connected.fill("#filter", "Notification of")
    connected.until(lambda: len(connected.all(".frame")) == 1)
    connected.click(".frame")
    raw(connected, {"action": MARKUP, "headers": {}, "body": {}})
    connected.until_status(f"400: {MARKUP} is not a valid action")
    assert connected.run(f"return [...document.querySelectorAll('{SHOWN}')].length") == 6
    made = connected.all(":is(#messages, #notifications, #response, #frame) :is(img, script)")
    assert made == [] and connected.driver.title == "Swiftlet console"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_and_many_fit_a_narrow_screen(connected, queue, scheme):
    connected.prefer(scheme)
    connected.resize(360, 740)
    encoding(connected, "binary")
    subscribe(connected)
    send(connected, "subscription_list")
    connected.until_status("subscription_list 200")
    post(connected, json.dumps({"unbroken": "x" * 600, "bytes": {"$hex": "ff" * 100}}))
    send(connected, "message_list")
    connected.until(lambda: len(connected.all("#message-list tbody tr")) == 1)
    connected.click("#tab-claims")
    send(connected, "claim_create")
    connected.until_status("claim_create 201")
    connected.click(".frame:last-child")
    for tab in ["messages", "claims", "subscriptions", "queue", "any", "raw"]:
        connected.click(f"#tab-{tab}")
        assert page_width(connected) <= 360, tab
        assert connected.run(CUT_OFF) == [], tab
        assert faint_text(connected) == [], tab


CUT_OFF = """
    return [...document.querySelectorAll("#work *, #notifications *")]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > 360)
      .map((element) => element.outerHTML.slice(0, 80));
"""


def test_what_cannot_be_undone_is_asked(connected, queue):
    connected.click("#tab-queue")
    for action, words in [("queue_purge", "Purge"), ("queue_delete", "Delete")]:
        send(connected, action)
        connected.until(lambda: connected.find("#confirm").is_displayed())
        assert connected.text("#question").startswith(f"{words} the queue {queue}")
        connected.press(Keys.ESCAPE)
        connected.until(lambda: not connected.find("#confirm").is_displayed())
        focused = connected.driver.switch_to.active_element.text
        assert focused.startswith(words)
        assert kinds_of(connected, action) == []
        connected.press(Keys.ENTER)
        connected.until(lambda: connected.find("#confirm").is_displayed())
        connected.press(Keys.TAB, Keys.ENTER)
        connected.until_status(f"{action} 204")
    connected.until(lambda: connected.text("#queue-title") == "No queue chosen")
