# SPDX-License-Identifier: Apache-2.0
"""Controls of the messaging tab beside its main ways."""

import json

import pytest
from selenium.webdriver.common.keys import Keys
from steps import BODY, ENCODINGS, encoding, kinds_of, open_queue, post, send, subscribe, until_bodies
from websockets.sync.client import connect as open_socket


def form(action: str, field: str) -> str:
    return f".queue-work form[data-action={action}] [name={field}]"


def sent(console, action: str) -> dict:
    """The body of the last request of this action."""
    console.fill("#filter", action)
    console.until(lambda: console.all(".frame.out"))
    console.all(".frame.out")[-1].click()
    dump = console.text("#frame .dump")
    text = b"".join(bytes.fromhex(line[8:].split("  ")[0]) for line in dump.splitlines())
    return json.loads(text)["body"]


@pytest.mark.parametrize("kind", ENCODINGS)
def test_metadata_of_a_queue(connected, queue, kind):
    encoding(connected, kind)
    connected.click("#tab-queue")
    connected.fill(form("queue_update", "metadata"), '{"_default_message_ttl": 90, "owner": "me"}')
    send(connected, "queue_update")
    connected.until_status("queue_update 204")
    send(connected, "queue_get")
    connected.until_status("queue_get 200")
    assert connected.texts("#response-body .key") == ["_default_message_ttl", "owner"]
    post(connected, "1")
    connected.click("#tab-queue")
    send(connected, "queue_get_stats")
    connected.until_status("queue_get_stats 200")
    assert "free: 1" in connected.text("#response-body")
    connected.click("#tab-messages")
    send(connected, "message_list")
    until_bodies(connected, "1")
    assert connected.texts("#message-list td.numeric")[1] == "90"


def test_options_of_a_list(connected, queue):
    ttl = "form[data-action=message_post] .field:nth-of-type(3) input"
    connected.fill(ttl, "120")
    post(connected, '"mine"', copies=2)
    send(connected, "message_list")
    until_bodies(connected, '"mine"', '"mine"')
    assert connected.texts("#message-list td.numeric")[1] == "120"

    connected.click(form("message_list", "echo"))
    send(connected, "message_list")
    connected.until_status("message_list 200: 0 messages.")
    connected.click(form("message_list", "echo"))

    connected.click("#tab-claims")
    connected.fill(form("claim_create", "limit"), "1")
    send(connected, "claim_create")
    connected.until_status("claim_create 201: 1 message.")
    connected.click("#tab-messages")
    send(connected, "message_list")
    connected.until_status("message_list 200: 1 message.")
    connected.click(form("message_list", "include_claimed"))
    send(connected, "message_list")
    connected.until_status("message_list 200: 2 messages.")
    connected.fill(form("message_list", "limit"), "1")
    send(connected, "message_list")
    connected.until_status("message_list 200: 1 message.")


def test_id_is_copied_whole(connected, queue):
    permission = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    connected.driver.execute_cdp_cmd("Browser.grantPermissions", permission)
    post(connected, "1")
    send(connected, "message_list")
    until_bodies(connected, "1")
    short = connected.text("#message-list .id")
    connected.click("#message-list .id")
    connected.until_status("Copied ")
    read = "navigator.clipboard.readText().then(arguments[0])"
    copied = connected.driver.execute_async_script(read)
    assert len(copied) == 36 and copied.endswith(short[1:])
    connected.fill(form("message_list", "marker"), copied)
    send(connected, "message_list")
    connected.until_status("message_list 200: 0 messages.")


def test_subscription_is_renewed(connected, queue):
    subscribe(connected)
    connected.click('#subscription-list [aria-label^="Renew"]')
    connected.until_status("subscription_update 204")


def test_options_of_a_subscription(connected, queue):
    connected.click("#tab-subscriptions")
    connected.fill(form("subscription_create", "ttl"), "600")
    connected.fill(form("subscription_create", "options"), '{"colour": "blue", "ack": 1}')
    connected.click(form("subscription_create", "ids"))
    connected.click(form("subscription_create", "ack"))
    send(connected, "subscription_create")
    connected.until_status("subscription_create 201")
    assert sent(connected, "subscription_create") == {
        "queue_name": queue,
        "ttl": 600,
        "options": {"colour": "blue", "ack": True, "ids": True},
    }


@pytest.mark.parametrize("kind", ENCODINGS)
def test_message_that_awaits_acknowledgement(connected, queue, kind):
    encoding(connected, kind)
    connected.click("#tab-subscriptions")
    connected.click(form("subscription_create", "ack"))
    send(connected, "subscription_create")
    connected.until_status("subscription_create 201")
    post(connected, '"to do"')
    connected.until(lambda: connected.text("#queue-counts") == "1 message: 0 free, 1 claimed")
    connected.click("#notifications button.small")
    connected.until(lambda: connected.text("#notifications button.small") == "Acknowledged")
    connected.until(lambda: connected.text("#queue-counts") == "0 messages: 0 free, 0 claimed")
    # The focus stays, and a second Enter asks for nothing.
    asked = len(kinds_of(connected, "message_delete"))
    connected.press(Keys.ENTER)
    assert len(kinds_of(connected, "message_delete")) == asked


def test_notifications_are_cleared(connected, queue):
    subscribe(connected)
    post(connected, "1", copies=3)
    connected.until(lambda: len(connected.all("#notifications li")) == 3)
    connected.click("#clear-notifications")
    connected.until(lambda: connected.text("#notification-count") == "0")
    assert not connected.all("#notifications li")


def test_counts_are_not_asked_for_unless_wanted(connected, queue):
    connected.until(lambda: connected.text("#queue-counts") == "0 messages: 0 free, 0 claimed")
    connected.click("#keep-fresh")
    connected.click("#clear-frames")
    post(connected, "1")
    send(connected, "message_list")
    connected.until_status("message_list 200: 1 message.")
    assert kinds_of(connected, "queue_get_stats") == []
    connected.click("#keep-fresh")
    post(connected, "1")
    connected.until(lambda: connected.text("#queue-counts") == "2 messages: 2 free, 0 claimed")


def test_more_queues_than_a_page(connected, server):
    connected.fill("#project", "many")
    with open_socket(f"{server.url}/v2") as peer:
        for number in range(25):
            headers = {"Client-ID": "c", "X-Project-ID": "many"}
            body = {"queue_name": f"queue-{number:02}"}
            peer.send(json.dumps({"action": "queue_create", "headers": headers, "body": body}))
            peer.recv()
    connected.click("#list-queues")
    connected.until(lambda: len(connected.all(".queue")) == 20)
    connected.click("#more-queues")
    connected.until(lambda: len(connected.all(".queue")) == 25)
    assert not connected.find("#more-queues").is_displayed()
    connected.click(".queue")
    connected.until(lambda: connected.text("#queue-title") == "queue-00")
    connected.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    connected.until(lambda: connected.text("#queue-title") == "queue-02")
    connected.run("sessionStorage.clear()")


def test_raw_request_is_started_over(connected):
    connected.click("#tab-raw")
    connected.fill("#raw-text", '{"action": "ping", "headers": {}}')
    connected.chord(Keys.CONTROL, Keys.ENTER)
    connected.until_status("ping 200")
    connected.click("#raw-envelope")
    request = json.loads(connected.find("#raw-text").get_property("value"))
    assert request["action"] == "queue_list"
    connected.click("#notation summary")
    assert connected.find("#notation table").is_displayed()


def test_name_that_no_queue_may_have(connected, queue):
    connected.fill("#queue", "no such name")
    connected.press(Keys.ENTER)
    assert connected.find("#queue").get_property("validationMessage")
    assert connected.text("#queue-title") == queue and kinds_of(connected, "no such name") == []
    connected.fill("#queue", "")


def test_forms_want_a_queue(connected):
    assert connected.text("#queue-title") == "No queue chosen"
    send(connected, "message_post")
    connected.until_status("Choose a queue, or open one by its name.")
    assert connected.run("return document.activeElement.id") == "queue"
    open_queue(connected, "wanted")
    assert connected.find(BODY).is_displayed()
