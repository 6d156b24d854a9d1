# SPDX-License-Identifier: Apache-2.0
"""The messaging tab against the real service, in both encodings."""

import json

import pytest
from selenium.webdriver.common.keys import Keys
from steps import BODY, ENCODINGS, encoding, kinds_of, open_queue, post, raw, send, until_bodies


@pytest.mark.parametrize("kind", ENCODINGS)
def test_post_and_list(connected, queue, kind):
    encoding(connected, kind)
    post(connected, '{"a": [1, 2.5, null, "grüß"]}')
    send(connected, "message_list")
    connected.until_status("message_list 200: 1 message.")
    until_bodies(connected, '{"a":[1,2.5,null,"grüß"]}')
    connected.until(lambda: connected.text("#queue-counts") == "1 message: 1 free, 0 claimed")
    assert set(kinds_of(connected, "message_post")) == {kind}
    connected.click("#message-list button.danger")
    connected.until_status("message_delete 204")
    connected.until(lambda: connected.text("#message-list") == "No messages listed.")
    connected.until(lambda: connected.text("#queue-counts") == "0 messages: 0 free, 0 claimed")


def test_values_that_only_messagepack_has(connected, queue):
    notation = (
        '{"bin":{"$bin":"AP8="},"ext":{"$ext":[5,"AQID"]},"big":18446744073709551615,'
        '"time":{"$timestamp":"2026-01-02T03:04:05.25Z"},"two":2.0}'
    )
    connected.fill(BODY, notation)
    send(connected, "message_post")
    connected.until_status("JSON has no bin: send it as binary (MessagePack)")
    encoding(connected, "binary")
    post(connected, notation)
    send(connected, "message_list")
    connected.until_status("message_list 200: 1 message.")
    until_bodies(connected, notation)


def test_plain_text_and_copies(connected, queue):
    connected.click("form[data-action=message_post] input[type=checkbox]")
    post(connected, "not { JSON", copies=3)
    send(connected, "message_list")
    connected.until_status("message_list 200: 3 messages.")
    until_bodies(connected, *['"not { JSON"'] * 3)


def test_what_is_not_json_is_said_in_the_form(connected, queue):
    connected.fill(BODY, "{nonsense")
    send(connected, "message_post")
    message = connected.find(BODY).get_property("validationMessage")
    assert message.startswith("This is not JSON:")
    assert kinds_of(connected, "message_post") == []


def test_pages(connected, queue):
    post(connected, "0", copies=25)
    connected.click("#list-queues")
    connected.until_status("queue_list 200")
    connected.click(f'#queue-list [data-name="{queue}"]')
    send(connected, "message_list")
    connected.until(lambda: len(connected.all("#message-list tbody tr")) == 10)
    connected.click("#more-messages")
    connected.until(lambda: len(connected.all("#message-list tbody tr")) == 25)


def test_claim_renew_delete_release(connected, queue):
    post(connected, '"work"', copies=2)
    connected.click("#tab-claims")
    send(connected, "claim_create")
    connected.until_status("claim_create 201: 2 messages.")
    connected.until(lambda: len(connected.all("#claim-list tbody tr")) == 2)
    connected.until(lambda: "0 free, 2 claimed" in connected.text("#queue-counts"))
    connected.click('#claim-list [aria-label^="Renew"]')
    connected.until_status("claim_update 204")
    connected.click("#claim-list button.danger")
    connected.until_status("message_delete 204")
    connected.until(lambda: len(connected.all("#claim-list tbody tr")) == 1)
    connected.click('#claim-list [aria-label^="Refresh"]')
    connected.until_status("claim_get 200: 1 message.")
    connected.click('#claim-list [aria-label^="Release"]')
    connected.until_status("claim_delete 204")
    connected.until(lambda: "1 free, 0 claimed" in connected.text("#queue-counts"))


ACCEPTS = {"as the request": None, "text (JSON)": "text", "binary (MessagePack)": "binary"}


@pytest.mark.parametrize("kind", ENCODINGS)
@pytest.mark.parametrize("accept", ACCEPTS)
def test_notifications_come_as_accepted(connected, queue, kind, accept):
    encoding(connected, kind)
    connected.click("#tab-subscriptions")
    connected.choose("[name=accept]", accept)
    send(connected, "subscription_create")
    connected.until_status("subscription_create 201")
    connected.until(lambda: len(connected.all("#subscription-list tbody tr")) == 1)
    encoding(connected, "text" if kind == "binary" else "binary")
    post(connected, '{"n": 1}', copies=3)
    connected.until(lambda: connected.text("#notification-count") == "3")
    connected.until(lambda: len(connected.all("#notifications li")) == 3)
    assert connected.texts("#notifications .type") == [ACCEPTS[accept] or kind] * 3
    assert connected.texts("#notifications code") == ['{"n":1}'] * 3
    assert connected.texts("#notifications strong") == [queue] * 3
    connected.click("#tab-subscriptions")
    connected.click("#subscription-list button.danger")
    connected.until_status("subscription_delete 204")
    post(connected, "2")
    assert connected.text("#notification-count") == "3"


def test_pattern_of_queues(connected, queue):
    connected.click("#tab-subscriptions")
    connected.fill("form[data-action=subscription_create] [name=queue_names]", f"{queue}*, other")
    send(connected, "subscription_create")
    connected.until_status(f"subscription_create 201: Subscription {queue}*, other created.")
    post(connected, '"for the pattern"')
    connected.until(lambda: connected.texts("#notifications strong") == [queue])


def test_second_subscription_is_refused(connected, queue):
    connected.click("#tab-subscriptions")
    send(connected, "subscription_create")
    connected.until_status("subscription_create 201")
    send(connected, "subscription_create")
    connected.until_status(f"subscription_create 409: Subscription {queue} not created.")
    send(connected, "subscription_list")
    connected.until_status("subscription_list 200: 1 subscription.")


@pytest.mark.parametrize("kind", ENCODINGS)
def test_every_action_has_a_form_that_the_server_understands(connected, queue, kind):
    encoding(connected, kind)
    connected.click("#tab-any")
    actions = connected.texts("#action option")
    assert len(actions) == 25
    last = "queue_delete"
    for action in sorted(actions, key=lambda action: action == last):
        connected.choose("#action", action)
        # Whatever is required and not given yet.
        connected.run(FILL_REQUIRED)
        connected.click("#action-form button[type=submit]")
        if connected.find("#confirm").is_displayed():
            connected.click("#yes")
        connected.until(lambda: connected.text("#response-action") == action)
        assert connected.text("#response-status") in ("200", "201", "204", "404"), (
            action,
            connected.text("#status"),
        )


FILL_REQUIRED = """
    for (const control of document.querySelectorAll("#action-form [required]")) {
      const [metadata, id] = ["{}", "00000000-0000-8000-8000-000000000000"];
      if (control.value === "") control.value = control.name === "metadata" ? metadata : id;
    }
    const pop = document.querySelector("#action-form [name=pop]");
    if (pop) pop.value = "1";
"""


@pytest.mark.parametrize("kind", ENCODINGS)
def test_raw_request(connected, kind):
    encoding(connected, kind)
    raw(connected, {"action": "no_such_action", "headers": {}, "body": {}})
    connected.until_status("no_such_action 400: no_such_action is not a valid action")
    raw(connected, "[1, 2]")
    connected.until_status("400: Unexpected body type.")
    raw(connected, "{")
    connected.until_status("This is not JSON:")


def test_form_edited_as_raw_request(connected, queue):
    connected.click("#tab-claims")
    connected.fill("form[data-action=claim_create] [name=limit]", "5")
    connected.click("form[data-action=claim_create] .quiet")
    text = connected.find("#raw-text").get_property("value")
    request = json.loads(text)
    assert request["action"] == "claim_create"
    assert request["body"] == {"queue_name": queue, "limit": 5}
    assert request["headers"]["Client-ID"] == connected.find("#client").get_property("value")


@pytest.mark.parametrize("kind", ENCODINGS)
def test_frame_in_full(connected, queue, kind):
    encoding(connected, kind)
    post(connected, '{"hello": "wörld"}')
    connected.fill("#filter", "message_post q-")
    connected.until(lambda: len(connected.all(".frame")) == 1)
    connected.find(".frame").click()
    detail = connected.find("#frame").text
    assert f"sent · {kind}" in detail
    assert 'action: "message_post"' in detail
    dump = connected.text("#frame .dump")
    if kind == "binary":
        assert dump.startswith("000000  83") and 'str of 12 "message_post"' in dump
        connected.click("#frame input[type=checkbox]")
        dump = connected.text("#frame .dump")
    first = {"text": "7b 22 61 63 74 69 6f 6e", "binary": "83 a6 61 63 74 69 6f 6e"}[kind]
    assert dump.startswith(f"000000  {first}")
    written = "".join(line[8:].split("  ")[0] for line in dump.splitlines())
    assert "wörld".encode() in bytes.fromhex(written)


def test_frames_by_keys_filter_pause_and_clear(connected, queue):
    connected.tab_to("#frames")
    connected.press(Keys.HOME)
    assert connected.find("#frame p:last-child").text.startswith("open: ws://127.0.0.1:")
    connected.press(Keys.ARROW_DOWN)
    chosen = connected.find('.frame[aria-selected="true"]')
    active = connected.find("#frames").get_attribute("aria-activedescendant")
    assert chosen.get_attribute("id") == active
    assert "queue_list" in chosen.text

    connected.press(Keys.ESCAPE)
    assert connected.text("#frame") == "" and not connected.all('.frame[aria-selected="true"]')

    connected.choose("#direction", "in")
    connected.until(lambda: not connected.all(".frame.out"))
    connected.choose("#direction", "in and out")
    connected.choose("#kind", "binary")
    connected.until(lambda: not connected.all(".frame"))
    connected.choose("#kind", "all types")

    connected.click("#pause-frames")
    connected.until(lambda: "(paused)" in connected.text("#frame-count"))
    rows = len(connected.all(".frame"))
    post(connected, "1")
    assert len(connected.all(".frame")) == rows
    connected.click("#pause-frames")
    connected.until(lambda: len(connected.all(".frame")) > rows)
    connected.click("#clear-frames")
    connected.until(lambda: not connected.all(".frame"))


def test_memory_is_bounded(connected, queue):
    encoding(connected, "binary")
    connected.click("#tab-subscriptions")
    send(connected, "subscription_create")
    connected.until_status("subscription_create 201")
    post(connected, '"x"', copies=2000)
    connected.until(lambda: connected.text("#notification-count") == "2000")
    connected.until(lambda: len(connected.all("#notifications li")) == 100)
    assert len(connected.all(".frame")) == 500


def test_by_keyboard_alone(console):
    console.tab_to("#connect")
    console.press(Keys.ENTER)
    console.until_status("queue_list 200")
    console.tab_to('[name="encoding"]')
    console.press(Keys.ARROW_RIGHT)
    console.tab_to("#queue")
    console.press("by-keys", Keys.ENTER)
    console.until(lambda: console.text("#queue-title") == "by-keys")
    console.tab_to("#tab-messages")
    console.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    console.tab_to("[data-action=subscription_create] button")
    console.press(Keys.ENTER)
    console.until_status("subscription_create 201")
    console.tab_to("#tab-subscriptions")
    console.press(Keys.HOME)
    console.tab_to(BODY)
    console.chord(Keys.CONTROL, Keys.ENTER)
    console.until_status("message_post 201")
    console.until(lambda: console.text("#notification-count") == "1")
    console.tab_to("[data-action=message_list] button")
    console.press(Keys.SPACE)
    console.until(lambda: len(console.all("#message-list tbody tr")) == 1)
    console.tab_to("#message-list .danger")
    console.press(Keys.ENTER)
    console.until_status("message_delete 204")
    # The focus is not lost with the row that had it.
    assert console.run("return document.activeElement !== document.body")
    console.tab_to("#frames")
    console.press(Keys.END, Keys.ARROW_UP)
    assert console.all('.frame[aria-selected="true"]')
    console.tab_to("#connect")
    console.press(Keys.ENTER)
    console.until_status("Disconnected.")
