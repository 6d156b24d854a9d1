# SPDX-License-Identifier: Apache-2.0
"""Messages posted to subscribers that are URLs."""

import contextlib
import json
import re
import urllib.request

import pytest
from receiver import Receiver
from serverprocess import ServerProcess, eventually, run_to_exit
from wire import MSGPACK, Client, invalid


@pytest.fixture
def receiver():
    with contextlib.closing(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def server(start_server):
    """A server that may post to this machine."""
    return start_server("--webhook-allow", "127.0.0.1")


@pytest.fixture
def encoding():
    """What webhooks get is JSON, whatever the requests are in."""
    return MSGPACK


def metric(server: ServerProcess, name: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as response:
        text = response.read().decode()
    return int(re.search(rf"^swiftlet_{re.escape(name)} (\d+)$", text, re.M)[1])


def ended(server: ServerProcess, end: str) -> int:
    return metric(server, f'webhook_messages_total{{end="{end}"}}')


def test_message_is_posted_as_json(client, server, receiver):
    options = {"post_headers": {"X-Key": "s3cr3t"}}
    client.subscribe(subscriber=f"{receiver.url}/in?key=1", options=options)
    client.post({"event": "é"}, ttl=300)
    received = receiver.take()
    assert received.path == "/in?key=1"
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["X-Key"] == "s3cr3t"
    assert received.json == {
        "body": {"event": "é"},
        "ttl": 300,
        "queue_name": "q",
        "Message_Type": "Notification",
    }
    assert eventually(lambda: ended(server, "delivered") == 1)
    assert metric(server, "webhook_waiting_bytes") == 0


def test_messages_of_a_subscription_come_in_order_over_one_connection(client, receiver):
    client.subscribe(subscriber=receiver.url)
    for start in range(0, 300, 3):
        client.post(start, start + 1, start + 2)
    received = [receiver.take() for _ in range(300)]
    assert [each.json["body"] for each in received] == list(range(300))
    assert len({each.connection for each in received}) == 1


def test_template_holds_the_message(client, receiver):
    template = '{"text": "$zaqar_message$", "n": 1}'
    client.subscribe(subscriber=receiver.url, options={"post_data": template})
    client.post("hello")
    assert receiver.take().json["text"]["body"] == "hello"


def test_server_errors_are_tried_again_and_others_not(client, server, receiver):
    policy = {"retries_with_no_delay": 3, "minimum_delay": 5, "maximum_delay": 30}
    client.subscribe(subscriber=receiver.url, options={"_retry_policy": policy})
    for status in [500, 503, 429, 200, 404, 200]:
        receiver.answers.put(status)
    client.post(1, 2, 3)
    assert [receiver.take().json["body"] for _ in range(6)] == [1, 1, 1, 1, 2, 3]
    assert eventually(lambda: ended(server, "delivered") == 2)
    assert ended(server, "failed") == 1
    assert metric(server, "webhook_retries_total") == 3
    log = server.stderr()
    assert f"gave up a message for {receiver.url}, subscription" in log
    assert "answered 404" in log


def test_redirect_is_not_followed(client, server, receiver):
    receiver.answers.put(302)
    client.subscribe(subscriber=receiver.url)
    client.post(1)
    receiver.take()
    assert eventually(lambda: ended(server, "failed") == 1)
    assert receiver.posts.empty()


def test_subscription_outlives_the_server(start_server, receiver, tmp_path):
    flags = ["--store", f"sqlite:{tmp_path}/messages", "--webhook-allow", "127.0.0.0/8"]
    first = start_server(*flags)
    with Client(first) as client:
        client.subscribe(subscriber=receiver.url)
    first.stop()
    with Client(start_server(*flags)) as client:
        client.post("later")
        assert receiver.take().json["body"] == "later"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "https://[::1]:443/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:192.168.0.1]/",
    ],
)
def test_private_address_is_refused(store_server, url):
    with Client(store_server) as client:
        response = client.ask("subscription_create", queue_name="q", subscriber=url)
    assert response.outcome == invalid(
        "The subscriber is at an address that this server does not post to."
    )


def test_wrong_allowance_is_refused():
    process = run_to_exit("--webhook-allow", "10.0.0.0/33")
    assert process.returncode == 64
    assert '"10.0.0.0/33" is not' in process.stderr


def test_confirmation_that_is_required(start_server, receiver, tmp_path):
    key = tmp_path / "key"
    key.write_text("secret")
    tokens = tmp_path / "tokens"
    tokens.write_text("t p\n")
    server = start_server(
        "--webhook-allow",
        "127.0.0.1",
        "--require-confirmation",
        "--signing-key",
        str(key),
        "--tokens",
        str(tokens),
        "--store",
        f"sqlite:{tmp_path}/messages",
    )
    with Client(server) as client:
        assert client.ask("authenticate", {"X-Auth-Token": "t"}).status == 200
        client.subscribe(subscriber=receiver.url)
        client.post("early")
        sent = receiver.take().json
        assert sent["Message_Type"] == "SubscriptionConfirmation"
        fields = {
            name: sent[name]
            for name in ["URL-Signature", "URL-Methods", "URL-Paths", "URL-Expires", "X-Project-ID"]
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}{sent['URL-Paths']}",
            method="PUT",
            headers=fields,
            data=json.dumps(sent["SubscribeBody"]).encode(),
        )
        with urllib.request.urlopen(request) as response:
            assert response.status in (200, 202)
        [listed] = client.demand("subscription_list", queue_name="q")["subscriptions"]
        assert listed["confirmed"] is True
        client.post("late")
        assert receiver.take().json["body"] == "late"


def test_confirmation_needs_a_key():
    process = run_to_exit("--require-confirmation")
    assert process.returncode == 64
    assert process.stderr.count("\n") == 1 and "--signing-key" in process.stderr
