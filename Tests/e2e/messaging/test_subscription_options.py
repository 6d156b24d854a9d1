# SPDX-License-Identifier: Apache-2.0
"""What subscriptions offer beyond Zaqar: ids, the past, claims, patterns; on each store."""

import threading

from wire import Client


def told(client, count):
    return [client.receive() for _ in range(count)]


def bodies(notifications):
    return [notification["body"] for notification in notifications]


def expect_silence(client):
    """Nothing has come that was not received."""
    assert client.ask("ping").status == 200


def test_ids(connect):
    subscriber, poster = connect(), connect()
    subscription = subscriber.subscribe(options={"ids": True})
    ids = poster.post(1, 2)
    assert [
        (one["message_id"], one["subscription_id"]) for one in told(subscriber, 2)
    ] == [(id, subscription) for id in ids]


def test_resume_where_the_last_connection_ended(connect):
    poster, first = connect(), connect()
    first.subscribe(options={"ids": True})
    poster.post(1, 2, 3)
    marker = told(first, 3)[1]["message_id"]
    poster.post(*range(4, 104))
    second = connect()
    second.subscribe(since=marker)
    poster.post("live")
    assert bodies(told(second, 102)) == [*range(3, 104), "live"]
    # A marker whose message is gone marks its place all the same.
    poster.demand("message_delete", queue_name="q", message_id=marker)
    third = connect()
    third.subscribe(since=marker)
    assert bodies(told(third, 102)) == [*range(3, 104), "live"]
    expect_silence(third)


def test_resume_while_others_post(server, connect, project, encoding):
    posts, subscribers = 200, []

    def post_all():
        with Client(server, encoding, project) as poster:
            for number in range(posts):
                poster.post(number)

    poster = threading.Thread(target=post_all)
    poster.start()
    while poster.is_alive() and len(subscribers) < 100:
        subscribers.append(connect())
        subscribers[-1].subscribe(since="")
    poster.join()
    for subscriber in subscribers:
        assert bodies(told(subscriber, posts)) == [*range(posts)]
        expect_silence(subscriber)


def test_resume_of_several_queues(connect):
    client = connect()
    marker = client.post(1, 2, queue="a")[0]
    client.post(3, queue="o.x")
    client.post(4, queue="o.y")
    client.demand(
        "subscription_create", queue_names=["a", "o.*"], since={"a": marker, "o.x": ""}
    )
    assert sorted(bodies(told(client, 2))) == [2, 3]
    expect_silence(client)


def test_claims_for_subscribers(connect):
    poster, worker = connect(), connect()
    ids = poster.post("early")
    worker.subscribe(options={"ack": True})
    ids += poster.post("late")
    tasks = told(worker, 2)
    assert bodies(tasks) == ["early", "late"]
    assert [task["message_id"] for task in tasks] == ids
    for task in tasks:
        worker.demand(
            "message_delete", queue_name="q", message_id=task["message_id"],
            claim_id=task["claim_id"],
        )
    assert poster.demand("queue_get_stats", queue_name="q")["messages"]["total"] == 0


def test_workers_share_and_inherit(connect):
    workers, poster = [connect(), connect()], connect()
    for worker in workers:
        worker.subscribe(options={"ack": True})
    poster.post(1, 2, 3, 4)
    first, second = told(workers[0], 2), told(workers[1], 2)
    assert sorted(bodies(first + second)) == [1, 2, 3, 4]
    # What a worker gives back, or leaves behind, is told anew.
    workers[1].demand("claim_delete", queue_name="q", claim_id=second[0]["claim_id"])
    workers[0].socket.close()
    done = {second[1]["body"]}
    while len(done) < 4:
        done.add(workers[1].receive()["body"])


def test_patterns(connect):
    client, poster = connect(), connect()
    pattern, star = client.demand(
        "subscription_create", queue_names=["orders.*", "*.eu"], options={"ids": True}
    )["subscriptions"]
    for queue in ["orders.eu", "bills.eu", "bills.us"]:
        poster.post(queue, queue=queue)
    assert [(one["queue_name"], one["subscription_id"]) for one in told(client, 2)] == [
        ("orders.eu", pattern["subscription_id"]), ("bills.eu", star["subscription_id"]),
    ]
    listed = client.demand("subscription_list", queue_name="orders.*")["subscriptions"]
    assert [one["id"] for one in listed] == [pattern["subscription_id"]]
    client.demand("subscription_delete", **pattern)
    poster.post("again", queue="orders.eu")
    assert client.receive()["subscription_id"] == star["subscription_id"]
    assert poster.demand("queue_list", limit=20)["queues"] == [
        {"name": name} for name in ["bills.eu", "bills.us", "orders.eu"]
    ]
